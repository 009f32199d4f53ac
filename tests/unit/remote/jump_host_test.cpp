#include "ssh_fixture.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/os/fd.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>

using namespace segue;

namespace {

SshFixture& target() {
  static SshFixture fixture;
  return fixture;
}

// A jump host that takes the keys of the target's user.
struct Bastion : SshFixture {
  explicit Bastion(const std::string& extra = {}) : SshFixture(extra) {
    write("authorized_keys", target().read("user_ed25519.pub"));
  }

  size_t logins() const { return lines_with("Accepted publickey").size(); }

  std::vector<std::string> lines_with(const std::string& text) const {
    std::vector<std::string> lines = split_lines(read("log"));
    std::erase_if(lines, [&](const std::string& line) { return !contains(line, text); });
    return lines;
  }

  std::string block(const std::string& name) const {
    return fmt::format("Host {0}\nHostName 127.0.0.1\nPort {1}\nHostKeyAlias key-of-{0}\n", name,
                       port());
  }
  std::string known(const std::string& name) const {
    const std::vector<std::string> words = split_words(read("host_ed25519.pub"));
    return fmt::format("key-of-{} {} {}\n", name, words[0], words[1]);
  }
};

// The target under this name, behind `proxy`; `blocks` are Host blocks of ssh's configuration.
Endpoint behind(const std::string& name, const std::string& proxy, const std::string& blocks,
                const std::string& known) {
  target().write("known-" + name, target().read("known") + known);
  Endpoint endpoint =
      target().endpoint_with(name, "user_ed25519", blocks + "Host *\n", "known-" + name);
  endpoint.proxy = proxy;
  return endpoint;
}

Endpoint behind(const std::string& name, const Bastion& bastion) {
  return behind(name, "bastion", bastion.block("bastion"), bastion.known("bastion"));
}

// All of them have one file, as the servers of a deploy.yml do.
std::vector<Endpoint> several_behind(const Bastion& bastion, int count) {
  std::vector<Endpoint> endpoints(static_cast<size_t>(count), behind("all", bastion));
  for (int i = 0; i < count; ++i) endpoints[static_cast<size_t>(i)].name = fmt::format("web-{}", i);
  return endpoints;
}

std::string problem_of(const Endpoint& endpoint) {
  HostTransport transport({endpoint});
  return describe(run(transport, endpoint.name, "true\n").outcome);
}

// A port that never answers: nobody takes what is waiting there.
struct SilentPort {
  Fd listener{::socket(AF_INET, SOCK_STREAM, 0)};
  std::vector<Fd> waiting;
  int number = 0;

  SilentPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener.get(), name, length) == 0);
    REQUIRE(::getsockname(listener.get(), name, &length) == 0);
    REQUIRE(::listen(listener.get(), 0) == 0);
    for (int i = 0; i < 3; ++i) {
      waiting.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
      set_nonblocking(waiting.back().get());
      [[maybe_unused]] const int begun = ::connect(waiting.back().get(), name, length);
    }
    number = ntohs(address.sin_port);
  }
};

}  // namespace

TEST_CASE("All hosts behind a jump host share one connection to it") {
  const Bastion bastion;
  HostTransport transport(several_behind(bastion, 12));
  std::vector<int> tickets;
  for (int i = 0; i < 12; ++i) {
    transport.start(Ticket{i}, fmt::format("web-{}", i), fmt::format("echo hello {}\n", i));
    tickets.push_back(i);
  }
  for (const auto& [number, ran] : run_all(transport, tickets)) {
    CHECK(describe(ran.outcome) == "exited 0");
    CHECK(ran.output == fmt::format("hello {}\n", number));
  }
  CHECK(bastion.logins() == 1);
}

TEST_CASE("A way may lead over several jump hosts, each with its own settings") {
  const Bastion first;
  const Bastion second;
  const std::string blocks = first.block("first") + second.block("second");
  const std::string known = first.known("first") + second.known("second");
  SECTION("named by deploy.yml") {
    const Endpoint web = behind("web", "first,second", blocks, known);
    HostTransport transport({web});
    CHECK(run(transport, "web", "echo hello\n").output == "hello\n");
  }
  SECTION("named by the configuration of ssh, of one after the other") {
    const std::string ways = "Host second\nProxyJump first\nHost 127.0.0.1\nProxyJump second\n";
    const Endpoint web = behind("web", "", blocks + ways, known);
    HostTransport transport({web});
    CHECK(run(transport, "web", "echo hello\n").output == "hello\n");
  }
  CHECK(first.logins() == 1);
  CHECK(second.logins() == 1);
}

TEST_CASE("Much goes through a jump host, in both directions and side by side") {
  const Bastion bastion;
  HostTransport transport(several_behind(bastion, 3));
  constexpr size_t kLength = 6'000'000;
  for (int i = 0; i < 3; ++i) {
    size_t left = kLength;
    transport.start(Ticket{i}, fmt::format("web-{}", i), "cat\n",
                    [left, i](size_t most) mutable -> std::string {
                      const size_t count = std::min(most, left);
                      left -= count;
                      return std::string(count, static_cast<char>('a' + i));
                    });
  }
  for (const auto& [number, ran] : run_all(transport, {0, 1, 2})) {
    CHECK(describe(ran.outcome) == "exited 0");
    CHECK(ran.output.size() == kLength);
    CHECK(std::count(ran.output.begin(), ran.output.end(), 'a' + number) == kLength);
  }
}

TEST_CASE("What a jump host lacks is said, with its name") {
  const Bastion bastion;
  SECTION("nobody knows its host key") {
    const std::string error = problem_of(behind("web", "bastion", bastion.block("bastion"), ""));
    CHECK(contains(error, "jump host bastion: the host key of key-of-bastion is not known"));
    CHECK(bastion.logins() == 0);
  }
  SECTION("it accepts no key") {
    bastion.write("authorized_keys", "");
    CHECK(contains(problem_of(behind("web", bastion)),
                   "jump host bastion: 127.0.0.1 accepts no key for the user"));
  }
  SECTION("nobody listens there") {
    Endpoint web = behind("web", "127.0.0.1:1", "", "");
    CHECK(contains(problem_of(web), "jump host 127.0.0.1:1: 127.0.0.1 port 1: connection refused"));
  }
  SECTION("it can't reach the host") {
    Endpoint web = behind("web", bastion);
    web.port = 1;
    CHECK(contains(problem_of(web), "jump host bastion: it can't connect to 127.0.0.1 port 1"));
  }
  SECTION("it forwards nothing") {
    const Bastion strict("AllowTcpForwarding no");
    CHECK(contains(problem_of(behind("web", strict)),
                   "jump host bastion: it does not let connections to 127.0.0.1 port"));
  }
  SECTION("it needs what only the system's ssh can do") {
    const std::string block = "Host bastion\nProxyCommand nc %h %p\n";
    CHECK(contains(problem_of(behind("web", "bastion", block, "")),
                   "jump host bastion: bastion needs the system's ssh: ProxyCommand nc"));
  }
  SECTION("the way to it leads through itself") {
    const std::string block = "Host *\nProxyJump bastion\n";
    CHECK(contains(problem_of(behind("web", "bastion", block, "")), "leads through itself"));
  }
}

TEST_CASE("The host key behind a jump host is checked as ever") {
  const Bastion bastion;
  Endpoint web = target().endpoint_with("web", "user_ed25519", bastion.block("bastion") + "Host *",
                                        "known-bastion");
  target().write("known-bastion", bastion.known("bastion"));
  web.proxy = "bastion";
  CHECK(contains(problem_of(web), "not started: the host key of 127.0.0.1 is not known"));
}

TEST_CASE("Hosts whose jump host was lost are reached through one new connection to it") {
  const Bastion bastion("LogLevel DEBUG1");
  HostTransport transport(several_behind(bastion, 3));
  for (int i = 0; i < 3; ++i)
    transport.start(Ticket{i}, fmt::format("web-{}", i), "echo begun; sleep 60\n");
  std::string begun;
  while (begun.size() < 3 * std::string("begun\n").size()) begun += run_until(transport, "begun");
  const std::vector<std::string> children = bastion.lines_with("Forked child ");
  REQUIRE(children.size() == 1);
  const std::string& line = children.front();
  ::kill(std::stoi(line.substr(line.find("child ") + 6)), SIGKILL);
  for (const auto& [number, ran] : run_all(transport, {0, 1, 2}))
    CHECK(contains(describe(ran.outcome), "lost: jump host bastion: connection lost"));
  for (int i = 3; i < 6; ++i)
    transport.start(Ticket{i}, fmt::format("web-{}", i - 3), "echo again\n");
  for (const auto& [number, ran] : run_all(transport, {3, 4, 5})) CHECK(ran.output == "again\n");
  CHECK(bastion.logins() == 2);
}

TEST_CASE("A host that does not answer its jump host holds up no other one for long") {
  const Bastion bastion;
  const SilentPort silent;
  std::vector<Endpoint> endpoints = several_behind(bastion, 4);
  endpoints[0].port = silent.number;
  endpoints[0].connect_timeout = Duration{60'000};
  HostTransport transport(endpoints);
  for (int i = 0; i < 4; ++i) transport.start(Ticket{i}, fmt::format("web-{}", i), "echo hello\n");
  for (const auto& [number, ran] : run_all(transport, {1, 2, 3}, Duration{30'000}))
    CHECK(ran.output == "hello\n");
}

TEST_CASE("A host that does not answer its jump host is told by the time that it had") {
  const Bastion bastion;
  const SilentPort silent;
  Endpoint web = behind("web", bastion);
  web.port = silent.number;
  web.connect_timeout = Duration{3'000};
  CHECK(contains(problem_of(web),
                 "no answer within 3s (connecting by way of the jump host bastion)"));
}
