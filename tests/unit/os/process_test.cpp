#include "segue/os/process.hpp"

#include "support/catch.hpp"

#include "segue/os/child_process.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/signals.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

using namespace segue;

namespace {
ProcessResult shell(const std::string& text, std::string input = {}) {
  ProcessRequest request;
  request.argv = {"sh", "-c", text};
  request.stdin_data = std::move(input);
  return run_process(request).value();
}
}  // namespace

TEST_CASE("A process reports both streams and its exit status") {
  const ProcessResult result = shell("echo out; echo err >&2; exit 3");
  REQUIRE(result.output == "out\n");
  REQUIRE(result.error_output == "err\n");
  REQUIRE(result.end.status == 3);
  REQUIRE_FALSE(result.succeeded());
}

TEST_CASE("More input and output than any pipe holds goes through") {
  const std::string megabyte(1 << 20, 'y');
  const ProcessResult result = shell("cat; cat /dev/null", megabyte);
  REQUIRE(result.succeeded());
  REQUIRE(result.output == megabyte);
}

TEST_CASE("Output beyond the limit is read but not kept") {
  ProcessRequest request;
  request.argv = {"sh", "-c", "head -c 300000 /dev/zero; exit 4"};
  request.output_limit = 10;
  const ProcessResult result = run_process(request).value();
  REQUIRE(result.output.size() == 10);
  REQUIRE(result.end.status == 4);
}

TEST_CASE("A process that does not read its input is judged by its exit status") {
  REQUIRE(shell("exit 0", std::string(1 << 20, 'x')).succeeded());
}

TEST_CASE("A process killed by a signal has not succeeded") {
  const ProcessResult result = shell("kill -9 $$");
  REQUIRE(result.end.signal == "KILL");
  REQUIRE_FALSE(result.succeeded());
}

TEST_CASE("The deadline ends the whole group") {
  ProcessRequest request;
  request.argv = {"sh", "-c", "echo $$; sleep 60 & wait"};
  request.deadline = Duration{100};
  const ProcessResult result = run_process(request).value();
  REQUIRE(result.timed_out);
  REQUIRE_FALSE(result.succeeded());
  REQUIRE_FALSE(process_start_time(std::stoll(result.output)).has_value());
}

TEST_CASE("Additions replace variables, and the folder is entered") {
  ProcessRequest request;
  request.argv = {"sh", "-c", "echo $HOME $SEGUE_TEST; pwd"};
  request.environment = {{"HOME", "/nowhere"}, {"SEGUE_TEST", "a b"}};
  request.folder = "/";
  REQUIRE(run_process(request).value().output == "/nowhere a b\n/\n");
}

TEST_CASE("A program that is not there is an error that names it") {
  ProcessRequest request;
  request.argv = {"segue-no-such-program"};
  const auto result = run_process(request);
  REQUIRE_FALSE(result);
  REQUIRE(result.error().what == "cannot run segue-no-such-program: No such file or directory");
}

TEST_CASE("A child has default signals, whatever we ignore") {
  const Signals signals;
  REQUIRE(shell("kill -PIPE $$; echo alive").end.signal == "PIPE");
  REQUIRE(shell("kill -INT $$; echo alive").end.signal == "INT");
}

TEST_CASE("A process runs in a session of its own") {
  const std::string ids =
      shell("ps -o sid= -p $$ 2>/dev/null || cut -d' ' -f6 /proc/$$/stat").output;
  REQUIRE(std::stoi(ids) != ::getsid(0));
}

TEST_CASE("Signals are counted and wake a poll, until they are drained") {
  Signals signals;
  REQUIRE(signals.count() == 0);
  ::raise(SIGINT);
  ::raise(SIGTERM);
  REQUIRE(signals.count() == 2);
  REQUIRE(signals.last() == SIGTERM);
  pollfd wake{signals.wake_fd(), POLLIN, 0};
  REQUIRE(::poll(&wake, 1, 0) == 1);
  signals.drain();
  REQUIRE(::poll(&wake, 1, 0) == 0);
  REQUIRE(signals.count() == 2);
}

TEST_CASE("A signal interrupts a process that runs for us") {
  Signals signals;
  ::raise(SIGINT);
  ProcessRequest request;
  request.argv = {"sleep", "60"};
  const auto result = run_process(request, signals.wake_fd());
  REQUIRE_FALSE(result);
  REQUIRE(result.error().code == Code::interrupted);
}

TEST_CASE("Several processes run side by side, and their answers keep their order") {
  std::vector<ProcessRequest> requests;
  for (const char* text : {"read -r line; echo first; exit 1", "echo second", "echo third >&2"}) {
    ProcessRequest request;
    request.argv = {"sh", "-c", text};
    requests.push_back(request);
  }
  requests.push_back(ProcessRequest{{"/no/such/program"}, {}, "", "", Duration{60'000}, 1 << 20});
  for (const size_t at_once : {size_t{1}, size_t{8}}) {
    const auto results = run_processes(requests, at_once);
    REQUIRE(results.size() == 4);
    CHECK(results[0]->output == "first\n");
    CHECK(results[0]->end.status == 1);
    CHECK(results[1]->output == "second\n");
    CHECK(results[2]->error_output == "third\n");
    CHECK_FALSE(results[3]);
  }
  CHECK(run_processes({}, 8).empty());
}

TEST_CASE("One of several that hangs is ended at its own deadline") {
  ProcessRequest hangs;
  hangs.argv = {"sh", "-c", "exec tail -f /dev/null"};
  hangs.deadline = Duration{50};
  ProcessRequest answers;
  answers.argv = {"echo", "here"};
  const auto results = run_processes({hangs, answers}, 8);
  CHECK(results[0]->timed_out);
  CHECK(results[1]->output == "here\n");
}

TEST_CASE("A program on our own terminal has our streams") {
  ProcessRequest request;
  request.argv = {"sh", "-c", "exit 4"};
  CHECK(run_in_terminal(request)->status == 4);
  request.argv = {"sh", "-c", "kill -TERM $$"};
  CHECK(run_in_terminal(request)->signal == "TERM");
}
