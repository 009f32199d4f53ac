#include "ssh_fixture.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/random.hpp"

#include <filesystem>

using namespace segue;

namespace {
Endpoint here() {
  Endpoint endpoint;
  endpoint.name = "here";
  endpoint.local = true;
  return endpoint;
}
}  // namespace

TEST_CASE("Here: exit status, signal, both streams in one") {
  HostTransport transport({here()});
  const Ran ran = run(transport, "here", "echo out; echo err >&2; exit 3\n");
  REQUIRE(describe(ran.outcome) == "exited 3");
  REQUIRE(ran.output == "out\nerr\n");
  REQUIRE(describe(run(transport, "here", "kill -9 $$\n").outcome) == "signal KILL");
}

TEST_CASE("Here: output and script bigger than any pipe go through whole") {
  HostTransport transport({here()});
  const Ran big = run(transport, "here", "head -c 3000000 /dev/zero; exit 4\n");
  REQUIRE(describe(big.outcome) == "exited 4");
  REQUIRE(big.output.size() == 3'000'000);
  std::string script = "{\n";
  while (script.size() < 1'000'000) script += ": " + std::string(90, 'x') + "\n";
  const Ran whole = run(transport, "here", script + "echo end; exit 5; }\n");
  REQUIRE(describe(whole.outcome) == "exited 5");
  REQUIRE(whole.output == "end\n");
}

// Pieces of any size, which are read no faster than they are taken.
DataReader reader_of(size_t size, size_t* taken) {
  return [size, taken](size_t most) {
    const size_t count = std::min(most, size - *taken);
    *taken += count;
    return std::string(count, 'x');
  };
}

TEST_CASE("Here: data follows its script, and no byte of it is taken for one of the script") {
  HostTransport transport({here()});
  for (const size_t size : {size_t{0}, size_t{1}, size_t{5'000'000}}) {
    size_t taken = 0;
    transport.start(Ticket{1}, "here", "{ echo begun; wc -c; exit 3; }\n", reader_of(size, &taken));
    const Ran ran = run_all(transport, {1}).at(1);
    REQUIRE(describe(ran.outcome) == "exited 3");
    REQUIRE(ran.output == "begun\n" + std::to_string(size) + "\n");
    REQUIRE(taken == size);
  }
  // One that ends without having read all ends as it says.
  size_t taken = 0;
  transport.start(Ticket{1}, "here", "{ exit 4; }\n", reader_of(100'000'000, &taken));
  REQUIRE(describe(run_all(transport, {1}).at(1).outcome) == "exited 4");
  REQUIRE(taken < 100'000'000);
}

TEST_CASE("Here: a script that ends before it has read itself is judged by its status") {
  HostTransport transport({here()});
  REQUIRE(describe(run(transport, "here", "exit 6\n" + std::string(1 << 20, '#')).outcome) ==
          "exited 6");
}

TEST_CASE("Here: something left running does not keep the script from ending") {
  HostTransport transport({here()});
  const Ran ran = run(transport, "here", "sleep 5 & echo $!; exit 7\n");
  REQUIRE(describe(ran.outcome) == "exited 7");
  run(transport, "here", "kill " + std::string(trim(ran.output)) + "\n");
}

TEST_CASE("Here: many scripts at once, each with its own end") {
  HostTransport transport({here()});
  std::vector<int> tickets;
  for (int i = 1; i <= 20; ++i) {
    transport.start(Ticket{i}, "here", "sleep 0.1; exit " + std::to_string(i) + "\n");
    tickets.push_back(i);
  }
  for (const auto& [number, ran] : run_all(transport, tickets))
    REQUIRE(describe(ran.outcome) == "exited " + std::to_string(number));
}

TEST_CASE("Here: silence is Lost, and so is what was cancelled, which goes on") {
  Endpoint endpoint = here();
  endpoint.command_timeout = Duration{300};
  HostTransport transport({endpoint});
  const Ran silent = run(transport, "here", "exec sleep 3\n");
  REQUIRE(describe(silent.outcome) == "lost: no sign of life for 300ms");

  const std::string proof = std::filesystem::temp_directory_path() / ("segue-" + random_hex(6));
  transport.start(Ticket{1}, "here",
                  "trap : PIPE; echo begun.; sleep 0.3; echo x; : > " + proof + "\n");
  run_until(transport, "begun.");
  transport.cancel(Ticket{1});
  REQUIRE(describe(run_all(transport, {1}).at(1).outcome) == "lost: cancelled");
  await([&] { return std::filesystem::exists(proof); });
  std::filesystem::remove(proof);
}
