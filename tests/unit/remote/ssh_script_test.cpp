#include "ssh_fixture.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/signals.hpp"

#include <fmt/format.h>
#include <signal.h>

using namespace segue;

namespace {

SshFixture& ssh() {
  static SshFixture fixture("LogLevel VERBOSE\n");
  return fixture;
}

int number_after(const std::string& output, const std::string& label) {
  const size_t at = output.find(label);
  REQUIRE(at != std::string::npos);
  return std::stoi(output.substr(at + label.size()));
}

size_t sessions_begun() {
  size_t count = 0;
  for (const std::string& line : split_lines(ssh().read("log")))
    if (contains(line, "Starting session: command")) ++count;
  return count;
}

}  // namespace

TEST_CASE("Exit statuses and both streams come back") {
  HostTransport transport({ssh().endpoint("web")});
  const Ran ran = run(transport, "web", "echo out; echo err >&2; exit 42\n");
  REQUIRE(describe(ran.outcome) == "exited 42");
  REQUIRE(ran.output == "out\nerr\n");
  REQUIRE(describe(run(transport, "web", "true\n").outcome) == "exited 0");
  REQUIRE(run(transport, "web", "").output.empty());
}

TEST_CASE("Scripts of one run share one session") {
  HostTransport transport({ssh().endpoint("web")});
  const std::string first = run(transport, "web", "echo $PPID\n").output;
  REQUIRE(run(transport, "web", "echo $PPID\n").output == first);
}

TEST_CASE("An announced script finds a connection and a shell that wait for it") {
  HostTransport transport({ssh().endpoint("web")});
  const size_t before = sessions_begun();
  transport.prepare("web");
  await([&] {
    std::vector<TransportEvent> none;
    transport.poll(Clock::now() + Duration{20}, none);
    return sessions_begun() == before + 1;
  });
  const Ran ran = run(transport, "web", "echo first; exit 3\n");
  REQUIRE(describe(ran.outcome) == "exited 3");
  REQUIRE(ran.output == "first\n");
  REQUIRE(sessions_begun() == before + 1);
}

TEST_CASE("A shell is made ready while another script runs, and is used once") {
  HostTransport transport({ssh().endpoint("web")});
  const size_t before = sessions_begun();
  transport.start(Ticket{1}, "web", "echo begun; sleep 0.3; echo $PPID\n");
  transport.prepare("web");
  transport.prepare("web");
  const Ran first = run_all(transport, {1}).at(1);
  REQUIRE(sessions_begun() == before + 2);
  REQUIRE("begun\n" + run(transport, "web", "echo $PPID\n").output == first.output);
  REQUIRE(sessions_begun() == before + 2);
  REQUIRE(describe(run(transport, "web", "exit 4\n").outcome) == "exited 4");
  REQUIRE(sessions_begun() == before + 3);
}

TEST_CASE("A waiting shell that is killed, or that the server refuses, is no loss") {
  HostTransport transport({ssh().endpoint("web")});
  transport.start(Ticket{1}, "web",
                  "until other=$(pgrep -P $PPID | grep -vx $$); do sleep 0.05; done\n"
                  "kill -9 $other; while kill -0 $other; do sleep 0.05; done\n");
  transport.prepare("web");
  REQUIRE(describe(run_all(transport, {1}).at(1).outcome) == "exited 0");
  REQUIRE(describe(run(transport, "web", "exit 5\n").outcome) == "exited 5");

  const SshFixture narrow("MaxSessions 1\nLogLevel VERBOSE\n");
  HostTransport other({narrow.endpoint("web")});
  other.start(Ticket{1}, "web", "echo begun; sleep 0.2\n");
  other.prepare("web");
  REQUIRE(describe(run_all(other, {1}).at(1).outcome) == "exited 0");
  REQUIRE(contains(narrow.read("log"), "no more sessions"));
  REQUIRE(describe(run(other, "web", "exit 6\n").outcome) == "exited 6");
}

TEST_CASE("A script killed by a signal has not succeeded") {
  HostTransport transport({ssh().endpoint("web")});
  REQUIRE(describe(run(transport, "web", "echo x; kill -9 $$\n").outcome) == "signal KILL");
  REQUIRE(describe(run(transport, "web", "kill -TERM $$\n").outcome) == "signal TERM");
}

TEST_CASE("A connection that dies under a script: Lost, and the next script logs in again") {
  HostTransport transport({ssh().endpoint("web")});
  transport.start(Ticket{1}, "web", "echo parent=$PPID.; sleep 60; echo never\n");
  const int sshd = number_after(run_until(transport, "."), "parent=");
  REQUIRE(::kill(sshd, SIGKILL) == 0);
  const Ran ran = run_all(transport, {1}).at(1);
  INFO(describe(ran.outcome));
  REQUIRE(std::holds_alternative<Lost>(ran.outcome));
  REQUIRE(describe(run(transport, "web", "exit 5\n").outcome) == "exited 5");
}

TEST_CASE("A session that has died while idle is made anew without a word") {
  HostTransport transport({ssh().endpoint("web")});
  const int sshd = number_after(run(transport, "web", "echo parent=$PPID\n").output, "parent=");
  REQUIRE(::kill(sshd, SIGKILL) == 0);
  await([&] { return !process_start_time(sshd).has_value(); });
  REQUIRE(describe(run(transport, "web", "exit 6\n").outcome) == "exited 6");
}

TEST_CASE("Five megabytes on the error stream hold up nothing") {
  HostTransport transport({ssh().endpoint("web")});
  const TimePoint begin = Clock::now();
  const Ran ran =
      run(transport, "web", "head -c 5000000 /dev/zero | tr '\\0' e >&2; echo done; exit 4\n");
  // A loop that missed something would be woken by the next keepalive only, after 15 seconds.
  REQUIRE(Clock::now() - begin < Duration{12'000});
  REQUIRE(describe(ran.outcome) == "exited 4");
  REQUIRE(ran.output.size() == 5'000'005);
  REQUIRE(ran.output.ends_with("done\n"));
}

TEST_CASE("A script of a megabyte arrives whole") {
  HostTransport transport({ssh().endpoint("web")});
  std::string script = "{\n";
  while (script.size() < 1'000'000) script += ": " + std::string(90, 'x') + "\n";
  script += "echo end; exit 7; }\n";
  const Ran ran = run(transport, "web", script);
  REQUIRE(ran.output == "end\n");
  REQUIRE(describe(ran.outcome) == "exited 7");
}

TEST_CASE("A script that ends before it has read itself is judged by its status") {
  HostTransport transport({ssh().endpoint("web")});
  const std::string rest(4'000'000, '#');
  REQUIRE(describe(run(transport, "web", "exit 6\n" + rest).outcome) == "exited 6");
  REQUIRE(describe(run(transport, "web", "exit 7\n").outcome) == "exited 7");
}

TEST_CASE("A script that talks while it is still being sent does not lock up") {
  HostTransport transport({ssh().endpoint("web")});
  std::string script;
  for (int i = 0; i < 3000; ++i)
    script += "echo " + std::string(1000, static_cast<char>('a' + i % 26)) + "\n";
  const Ran ran = run(transport, "web", script + "exit 8\n");
  REQUIRE(describe(ran.outcome) == "exited 8");
  REQUIRE(ran.output.size() == 3000 * 1001);
}

TEST_CASE("Twelve scripts at once on one host all end, each with its own output") {
  HostTransport transport({ssh().endpoint("web")});
  std::vector<int> tickets;
  for (int i = 1; i <= 12; ++i) {
    transport.start(Ticket{i}, "web", fmt::format("sleep 0.2; echo ticket {}; exit {}\n", i, i));
    tickets.push_back(i);
  }
  for (const auto& [number, ran] : run_all(transport, tickets)) {
    REQUIRE(describe(ran.outcome) == fmt::format("exited {}", number));
    REQUIRE(ran.output == fmt::format("ticket {}\n", number));
  }
}

TEST_CASE(
    "Data follows its script, beside other scripts and other data, and is not held in memory") {
  HostTransport transport({ssh().endpoint("web")});
  constexpr size_t kSize = 20'000'000;
  size_t taken[2] = {0, 0};
  for (const int i : {1, 2})
    transport.start(Ticket{i}, "web", "{ wc -c; exit 3; }\n", [&taken, i](size_t most) {
      size_t& so_far = taken[i - 1];
      const size_t count = std::min(most, kSize - so_far);
      so_far += count;
      return std::string(count, 'x');
    });
  transport.start(Ticket{3}, "web", "sleep 0.1; echo beside\n");
  transport.prepare("web");
  const auto all = run_all(transport, {1, 2, 3});
  for (const int i : {1, 2}) {
    REQUIRE(describe(all.at(i).outcome) == "exited 3");
    REQUIRE(all.at(i).output == fmt::format("{}\n", kSize));
    REQUIRE(taken[i - 1] == kSize);
  }
  REQUIRE(all.at(3).output == "beside\n");
}

TEST_CASE("Data that nobody reads any more, or that is abandoned, ends with its script") {
  HostTransport transport({ssh().endpoint("web")});
  const auto endless = [](size_t most) { return std::string(most, 'x'); };
  transport.start(Ticket{1}, "web", "{ exit 4; }\n", endless);
  REQUIRE(describe(run_all(transport, {1}).at(1).outcome) == "exited 4");
  const std::string proof = ssh().file("counted");
  transport.start(Ticket{2}, "web", "{ echo begun.; wc -c >" + proof + "; }\n", endless);
  run_until(transport, "begun.");
  transport.cancel(Ticket{2});
  REQUIRE(describe(run_all(transport, {2}).at(2).outcome) == "lost: cancelled");
  REQUIRE(describe(
              run(transport, "web", "until [ -s " + proof + " ]; do sleep 0.05; done\n").outcome) ==
          "exited 0");
}

TEST_CASE("A server that opens only two sessions is given no more than that") {
  const SshFixture narrow("MaxSessions 2");
  HostTransport transport({narrow.endpoint("web")});
  std::vector<int> tickets;
  for (int i = 1; i <= 6; ++i) {
    transport.start(Ticket{i}, "web", fmt::format("sleep 0.1; exit {}\n", i));
    tickets.push_back(i);
  }
  for (const auto& [number, ran] : run_all(transport, tickets))
    REQUIRE(describe(ran.outcome) == fmt::format("exited {}", number));
}

TEST_CASE("Twenty hosts at once are served side by side") {
  std::vector<Endpoint> endpoints;
  std::vector<int> tickets;
  for (int i = 1; i <= 20; ++i) {
    endpoints.push_back(ssh().endpoint("web"));
    endpoints.back().name = fmt::format("web-{}", i);
    tickets.push_back(i);
  }
  HostTransport transport(endpoints);
  for (const int i : tickets) transport.start(Ticket{i}, fmt::format("web-{}", i), "echo hi\n");
  for (const auto& [number, ran] : run_all(transport, tickets)) {
    INFO(number << ": " << describe(ran.outcome));
    REQUIRE(ran.output == "hi\n");
  }
}

TEST_CASE("Connections that a busy server drops before its greeting are tried again") {
  const SshFixture busy("MaxStartups 3:100:3");
  std::vector<Endpoint> endpoints;
  std::vector<int> tickets;
  for (int i = 1; i <= 6; ++i) {
    endpoints.push_back(busy.endpoint("web"));
    endpoints.back().name = fmt::format("web-{}", i);
    tickets.push_back(i);
  }
  HostTransport transport(endpoints);
  for (const int i : tickets) transport.start(Ticket{i}, fmt::format("web-{}", i), "exit 1\n");
  for (const auto& [number, ran] : run_all(transport, tickets)) {
    INFO(number << ": " << describe(ran.outcome));
    REQUIRE(describe(ran.outcome) == "exited 1");
  }
  REQUIRE(contains(busy.read("log"), "drop connection"));
}

TEST_CASE("Silence longer than the limit is Lost; a script that goes on talking is not") {
  Endpoint endpoint = ssh().endpoint("web");
  endpoint.command_timeout = Duration{2'000};  // a busy machine starts no shell in less
  HostTransport transport({endpoint});
  REQUIRE(describe(run(transport, "web", "sleep 60\n").outcome) == "lost: no sign of life for 2s");
  const Ran ran =
      run(transport, "web", "for i in 1 2 3 4 5; do echo $i; sleep 0.6; done; exit 9\n");
  REQUIRE(describe(ran.outcome) == "exited 9");
}

TEST_CASE("Many scripts that never end do not shut out the next one") {
  Endpoint endpoint = ssh().endpoint("web");
  endpoint.command_timeout = Duration{4'000};
  HostTransport transport({endpoint});
  std::vector<int> tickets;
  for (int i = 1; i <= 12; ++i) {
    transport.start(Ticket{i}, "web", "sleep 60\n");
    tickets.push_back(i);
  }
  for (const auto& [number, ran] : run_all(transport, tickets))
    REQUIRE(describe(ran.outcome) == "lost: no sign of life for 4s");
  REQUIRE(describe(run(transport, "web", "exit 3\n").outcome) == "exited 3");
}

TEST_CASE("A server that opens no session at all says so") {
  const SshFixture closed("MaxSessions 0");
  HostTransport transport({closed.endpoint("web")});
  const std::string error = describe(run(transport, "web", "true\n").outcome);
  REQUIRE(contains(error, "not started: 127.0.0.1 opens no session"));
}

TEST_CASE("Cancelling stops the listening, not the script, and other scripts go on") {
  HostTransport transport({ssh().endpoint("web")});
  const std::string proof = ssh().file("proof");
  transport.start(Ticket{1}, "web",
                  "trap : HUP PIPE; echo begun.; sleep 0.5; echo more; echo $$ > " + proof + "\n");
  run_until(transport, "begun.");
  transport.start(Ticket{2}, "web", "sleep 1; exit 2\n");
  transport.cancel(Ticket{1});
  transport.cancel(Ticket{99});
  const std::map<int, Ran> ran = run_all(transport, {1, 2});
  REQUIRE(describe(ran.at(1).outcome) == "lost: cancelled");
  REQUIRE(ran.at(1).output.empty());
  REQUIRE(describe(ran.at(2).outcome) == "exited 2");
  REQUIRE_FALSE(ssh().read("proof").empty());
}

TEST_CASE("A ticket cancelled before it began never runs, also while the login is under way") {
  HostTransport transport({ssh().endpoint("web")});
  transport.start(Ticket{1}, "web", "echo ran > " + ssh().file("never") + "\n");
  transport.cancel(Ticket{1});
  REQUIRE(describe(run_all(transport, {1}).at(1).outcome) == "lost: cancelled");
  REQUIRE(describe(run(transport, "web", "exit 3\n").outcome) == "exited 3");
  REQUIRE(ssh().read("never").empty());
}

TEST_CASE("Noise of a login shell is not the script's output") {
  // sshd gives the command to the login shell; here the wrapper plays a talkative one.
  const SshFixture talkative(
      "ForceCommand echo welcome; echo motd >&2; eval \"$SSH_ORIGINAL_COMMAND\"");
  HostTransport transport({talkative.endpoint("web")});
  REQUIRE(run(transport, "web", "echo hello\n").output == "hello\n");
  REQUIRE(run(transport, "web", "echo again\n").output == "again\n");
}

TEST_CASE("A signal ends the waiting at once") {
  Signals signals;
  HostTransport transport({ssh().endpoint("web")}, signals.wake_fd());
  transport.start(Ticket{1}, "web", "echo begun.; sleep 60\n");
  run_until(transport, "begun.");
  ::raise(SIGINT);
  const TimePoint begin = Clock::now();
  std::vector<TransportEvent> events;
  transport.poll(begin + Duration{30'000}, events);
  REQUIRE(Clock::now() - begin < Duration{5'000});
  REQUIRE(signals.count() == 1);
}

TEST_CASE("A poll with nothing to do ends at its deadline and not before") {
  HostTransport transport({ssh().endpoint("web")});
  run(transport, "web", "true\n");
  const TimePoint begin = Clock::now();
  std::vector<TransportEvent> events;
  transport.poll(begin + Duration{200}, events);
  REQUIRE(Clock::now() - begin >= Duration{200});
  REQUIRE(events.empty());
}

TEST_CASE("A server that has stopped is noticed by what it does not answer") {
  std::vector<int> sessions;
  {
    SshFixture stopped;
    Endpoint endpoint = stopped.endpoint("web");
    endpoint.keepalive = Duration{1'000};
    for (const SshTransport transport : {SshTransport::native, SshTransport::openssh}) {
      endpoint.transport = transport;
      HostTransport hosts({endpoint});
      const TimePoint begin = Clock::now();
      // It is woken up later, so that it ends.
      const Ran ran = run(hosts, "web",
                          fmt::format("echo $PPID >{}\n"
                                      "(sleep 15; kill -CONT $PPID) >/dev/null 2>&1 </dev/null &\n"
                                      "kill -STOP $PPID; sleep 30; exit 0\n",
                                      stopped.file("session")));
      CHECK(contains(describe(ran.outcome), "lost: "));
      CHECK(Clock::now() - begin < Duration{14'000});
      sessions.push_back(std::stoi(stopped.read("session")));
    }
  }
  for (const int session : sessions) await([&] { return ::kill(session, 0) != 0; });
}
