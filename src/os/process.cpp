#include "segue/os/process.hpp"

#include "segue/os/child_process.hpp"
#include "segue/os/signals.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

namespace segue {
namespace {

// How often a child is looked at that has closed its streams and goes on running.
constexpr Duration kLook{5};

void read_some(Fd& fd, std::string& text, const ProcessRequest& request) {
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return fd.reset();
  if (request.on_output)
    request.on_output(std::string_view(buffer.data(), static_cast<size_t>(count)));
  const size_t room = request.output_limit - std::min(request.output_limit, text.size());
  text.append(buffer.data(), std::min(room, static_cast<size_t>(count)));
}

void write_some(Fd& fd, std::string_view& left) {
  if (!left.empty()) {
    const ssize_t count = ::write(fd.get(), left.data(), left.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) return fd.reset();  // it does not want the rest: its exit status tells why
    left.remove_prefix(static_cast<size_t>(count));
  }
  if (left.empty()) fd.reset();
}

// One running child with what is still to be written to it and what came from it.
struct Run {
  ChildProcess child;
  const ProcessRequest* asked = nullptr;
  std::string_view input_left;
  TimePoint deadline;
  ProcessResult result;
  size_t request = 0;  // which one it is

  bool streams_open() const { return child.output || child.error_output; }
  bool finished();  // then the result is complete
  void transfer(const pollfd* waits);
};

constexpr size_t kStreams = 3;

int wait_milliseconds(const std::vector<Run>& runs) {
  const TimePoint now = Clock::now();
  Duration wait{60'000};
  for (const Run& run : runs) {
    wait = std::min(wait, std::chrono::ceil<Duration>(run.deadline - now));
    if (!run.streams_open()) wait = std::min(wait, kLook);
  }
  return static_cast<int>(std::max<Duration::rep>(wait.count(), 0));
}

bool Run::finished() {
  if (const auto end = streams_open() ? std::nullopt : child.try_wait()) {
    result.end = *end;
    return true;
  }
  if (Clock::now() < deadline) return false;
  child.kill_group();
  result.timed_out = true;
  result.end = ProcessEnd{0, "KILL"};
  return true;
}

void Run::transfer(const pollfd* waits) {
  if (waits[0].revents != 0) write_some(child.input, input_left);
  if (waits[1].revents != 0) read_some(child.output, result.output, *asked);
  if (waits[2].revents != 0) read_some(child.error_output, result.error_output, *asked);
}

// One turn of waiting; false when the wake descriptor has fired.
bool turn(std::vector<Run>& runs, int wake_fd) {
  std::vector<pollfd> waits;
  for (const Run& run : runs) {
    waits.push_back({run.child.input.get(), POLLOUT, 0});
    waits.push_back({run.child.output.get(), POLLIN, 0});
    waits.push_back({run.child.error_output.get(), POLLIN, 0});
  }
  waits.push_back({wake_fd, POLLIN, 0});
  if (::poll(waits.data(), waits.size(), wait_milliseconds(runs)) <= 0) return true;
  for (size_t i = 0; i < runs.size(); ++i) runs[i].transfer(&waits[i * kStreams]);
  return waits.back().revents == 0;
}

Result<Run> start(const ProcessRequest& request, size_t number) {
  TRY_ASSIGN(ChildProcess child, ChildProcess::start(request, ChildProcess::Streams::separate));
  return Run{
      std::move(child), &request, request.stdin_data, Clock::now() + request.deadline, {}, number};
}

}  // namespace

std::vector<Result<ProcessResult>> run_processes(const std::vector<ProcessRequest>& requests,
                                                 size_t at_once, int wake_fd) {
  std::vector<Result<ProcessResult>> answers(
      requests.size(), tl::unexpected(Error{Code::interrupted, "it was not started", {}, {}, {}}));
  std::vector<Run> runs;
  size_t next = 0;
  while (true) {
    for (size_t i = 0; i < runs.size();) {
      if (!runs[i].finished()) {
        ++i;
        continue;
      }
      answers[runs[i].request] = std::move(runs[i].result);
      runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (; runs.size() < at_once && next < requests.size(); ++next) {
      auto started = start(requests[next], next);
      if (started)
        runs.push_back(std::move(*started));
      else
        answers[next] = tl::unexpected(std::move(started.error()));
    }
    if (runs.empty()) return answers;
    if (turn(runs, wake_fd)) continue;
    for (Run& run : runs) {
      run.child.kill_group();
      answers[run.request] =
          fail(Code::interrupted, requests[run.request].argv[0] + " was interrupted");
    }
    return answers;
  }
}

Result<ProcessResult> run_process(const ProcessRequest& request, int wake_fd) {
  return std::move(run_processes({request}, 1, wake_fd).front());
}

Error become_program(const ProcessRequest& request) {
  std::vector<std::string> words = request.argv;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::fflush(stdout);
  // What is ignored stays ignored in the new program; handlers are reset by themselves.
  std::signal(SIGPIPE, SIG_DFL);
  ::execvp(argv[0], argv.data());
  const int number = errno;
  ignore_broken_pipes();
  return {Code::failed, fmt::format("cannot run {}: {}", words[0], errno_text(number)), {}, {}, {}};
}

Result<ProcessEnd> run_in_terminal(const ProcessRequest& request) {
  return ChildProcess::run_in_terminal(request);
}

}  // namespace segue
