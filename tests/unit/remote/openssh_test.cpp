// The system's ssh as transport, against a real sshd: the same outcomes as libssh2's.
#include "ssh_fixture.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

using namespace segue;

namespace {

Endpoint by_openssh(const SshFixture& ssh, const std::string& key = "user_ed25519",
                    const std::string& settings = {}, const std::string& known = "known") {
  Endpoint endpoint = ssh.endpoint_with("web", key, settings, known);
  endpoint.transport = SshTransport::openssh;
  endpoint.connect_timeout = Duration{30'000};
  return endpoint;
}

Endpoint by_choice(const SshFixture& ssh, const std::string& key = "user_ed25519",
                   const std::string& settings = {}, const std::string& known = "known") {
  Endpoint endpoint = by_openssh(ssh, key, settings, known);
  endpoint.transport = SshTransport::automatic;
  return endpoint;
}

SshFixture& ssh() {
  static SshFixture fixture;
  return fixture;
}

// How many folders with sockets there are, where XDG_RUNTIME_DIR says.
size_t runtime_folders(const std::string& root) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root))
    if (contains(entry.path().filename().string(), "segue-")) ++count;
  return count;
}

struct Told {
  std::string text;
  HostTransport::Options options() {
    return {-1, 0, [this](const std::string&, const std::string& what) { text += what + "\n"; }};
  }
};

}  // namespace

TEST_CASE("ssh runs scripts: output, statuses, both streams as one") {
  const std::string root = ssh().file("run");
  std::filesystem::create_directory(root);
  ::setenv("XDG_RUNTIME_DIR", root.c_str(), 1);
  {
    HostTransport transport({by_openssh(ssh())});
    const Ran ran = run(transport, "web", "echo one; echo two >&2; exit 3\n");
    CHECK(ran.output == "one\ntwo\n");
    CHECK(describe(ran.outcome) == "exited 3");
    CHECK(runtime_folders(root) == 1);
    for (int i = 1; i <= 20; ++i) transport.start(Ticket{i}, "web", fmt::format("exit {}\n", i));
    std::vector<int> tickets;
    for (int i = 1; i <= 20; ++i) tickets.push_back(i);
    for (const auto& [ticket, each] : run_all(transport, tickets))
      CHECK(describe(each.outcome) == fmt::format("exited {}", ticket));
  }
  CHECK(runtime_folders(root) == 0);
  ::unsetenv("XDG_RUNTIME_DIR");
}

TEST_CASE("ssh: what may be a failure of ssh itself is Lost, and never success") {
  HostTransport transport({by_openssh(ssh())});
  CHECK(describe(run(transport, "web", "exit 255\n").outcome) == "lost: ssh ended with status 255");
  CHECK(contains(describe(run(transport, "web", "kill -9 $$\n").outcome), "lost: "));
  CHECK(describe(run(transport, "web", "echo on; exit 0\n").outcome) == "exited 0");
}

TEST_CASE("ssh: data follows a script, and much output comes back") {
  HostTransport transport({by_openssh(ssh())});
  size_t left = size_t{3} << 20;
  transport.start(Ticket{1}, "web", "exec 7<&0 </dev/null; wc -c <&7; exit 0\n", [&](size_t most) {
    const size_t piece = std::min(left, most);
    left -= piece;
    return std::string(piece, 'x');
  });
  const Ran sent = run_all(transport, {1}).at(1);
  CHECK(contains(sent.output, std::to_string(size_t{3} << 20)));
  CHECK(describe(sent.outcome) == "exited 0");
  const Ran read = run(transport, "web", "head -c 5000000 /dev/zero | tr '\\0' y\n");
  CHECK(read.output.size() == 5'000'000);
}

TEST_CASE("ssh: a script that nobody listens to any more does not hold up the next one") {
  HostTransport transport({by_openssh(ssh())});
  transport.start(Ticket{1}, "web", "echo begun; sleep 20\n");
  run_until(transport, "begun");
  transport.cancel(Ticket{1});
  CHECK(describe(run_all(transport, {1}).at(1).outcome) == "lost: cancelled");
  CHECK(describe(run(transport, "web", "exit 4\n").outcome) == "exited 4");
}

TEST_CASE("ssh: a server with one session at a time gets one script at a time") {
  SshFixture narrow("MaxSessions 1");
  HostTransport transport({by_openssh(narrow)});
  for (int i = 1; i <= 4; ++i) transport.start(Ticket{i}, "web", fmt::format("exit {}\n", i));
  for (const auto& [ticket, ran] : run_all(transport, {1, 2, 3, 4}))
    CHECK(describe(ran.outcome) == fmt::format("exited {}", ticket));
}

TEST_CASE("ssh: refusals are those that libssh2 has") {
  ssh().write("known_none", "");
  HostTransport unknown({by_openssh(ssh(), "user_ed25519", "", "known_none")});
  CHECK(contains(describe(run(unknown, "web", "exit 0\n").outcome),
                 "not started: the host key of 127.0.0.1 is not known: "));
  HostTransport stranger({by_openssh(ssh(), "stranger")});
  const std::string refused = describe(run(stranger, "web", "exit 0\n").outcome);
  INFO(refused);
  CHECK(contains(refused, "not started: 127.0.0.1 accepts no key for the user"));
  CHECK(contains(refused, ssh().file("stranger") + " was refused"));
  Endpoint nobody = by_openssh(ssh());
  nobody.port = 1;
  HostTransport closed({nobody});
  CHECK(contains(describe(run(closed, "web", "exit 0\n").outcome),
                 "127.0.0.1 port 1: connection refused"));
}

TEST_CASE("auto: libssh2 is taken where it can do it, and nothing is said") {
  Told told;
  HostTransport transport({by_choice(ssh())}, told.options());
  CHECK(describe(run(transport, "web", "exit 3\n").outcome) == "exited 3");
  CHECK(told.text.empty());
}

TEST_CASE("auto: ssh takes over for a setting, a missing algorithm, a certificate") {
  Told told;
  SECTION("a ProxyCommand") {
    Endpoint endpoint = by_choice(
        ssh(), "user_ed25519",
        fmt::format("ProxyCommand bash -c 'exec 3<>/dev/tcp/127.0.0.1/{}; cat <&3 & exec cat >&3'",
                    ssh().port()));
    HostTransport transport({endpoint}, told.options());
    CHECK(describe(run(transport, "web", "exit 3\n").outcome) == "exited 3");
    CHECK(contains(told.text, "ProxyCommand bash"));
  }
  SECTION("algorithms that libssh2 lacks") {
    SshFixture modern("KexAlgorithms sntrup761x25519-sha512@openssh.com");
    HostTransport transport({by_choice(modern)}, told.options());
    CHECK(describe(run(transport, "web", "exit 3\n").outcome) == "exited 3");
    CHECK(contains(told.text, "the server offers only sntrup761"));
  }
  SECTION("a refused key, once") {
    HostTransport transport({by_choice(ssh(), "stranger")}, told.options());
    CHECK(contains(describe(run(transport, "web", "exit 3\n").outcome), "accepts no key"));
    CHECK(contains(told.text, "it knows more ways to log in"));
  }
}

TEST_CASE("auto: ssh is not asked after a host key that nobody knows") {
  ssh().write("known_none", "");
  Told told;
  HostTransport transport({by_choice(ssh(), "user_ed25519", "", "known_none")}, told.options());
  CHECK(contains(describe(run(transport, "web", "exit 3\n").outcome), "is not known"));
  CHECK(told.text.empty());
}

TEST_CASE("auto: ssh is not asked after too many keys") {
  SshFixture strict("MaxAuthTries 1");
  Endpoint endpoint = by_choice(strict, "user_ed25519");
  endpoint.keys = {strict.file("stranger"), strict.file("user_ecdsa")};
  Told told;
  HostTransport transport({endpoint}, told.options());
  const std::string error = describe(run(transport, "web", "exit 3\n").outcome);
  INFO(error << told.text);
  CHECK(contains(error, "has hung up after too many keys"));
  CHECK(told.text.empty());
}
