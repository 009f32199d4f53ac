#include "segue/os/process.hpp"

#include "segue/os/child_process.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace segue {
namespace {

// How often a child is looked at that has closed its streams and goes on running.
constexpr Duration kLook{5};

void read_some(Fd& fd, std::string& text, size_t limit) {
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return fd.reset();
  const size_t room = limit - std::min(limit, text.size());
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
  std::string_view input_left;
  size_t output_limit = 0;
  TimePoint deadline;
  ProcessResult result;

  // One turn of waiting; false when the wake descriptor has fired.
  bool turn(int wake_fd);
};

int wait_milliseconds(TimePoint deadline, bool streams_open) {
  const auto left = std::chrono::ceil<Duration>(deadline - Clock::now());
  const Duration wait = streams_open ? left : std::min(left, kLook);
  return static_cast<int>(std::clamp<Duration::rep>(wait.count(), 0, 60'000));
}

bool Run::turn(int wake_fd) {
  std::array<pollfd, 4> waits{
      pollfd{child.input.get(), POLLOUT, 0}, pollfd{child.output.get(), POLLIN, 0},
      pollfd{child.error_output.get(), POLLIN, 0}, pollfd{wake_fd, POLLIN, 0}};
  const bool streams_open = child.output || child.error_output;
  if (::poll(waits.data(), waits.size(), wait_milliseconds(deadline, streams_open)) <= 0)
    return true;
  if (waits[0].revents != 0) write_some(child.input, input_left);
  if (waits[1].revents != 0) read_some(child.output, result.output, output_limit);
  if (waits[2].revents != 0) read_some(child.error_output, result.error_output, output_limit);
  return waits[3].revents == 0;
}

}  // namespace

Result<ProcessResult> run_process(const ProcessRequest& request, int wake_fd) {
  TRY_ASSIGN(ChildProcess child, ChildProcess::start(request, ChildProcess::Streams::separate));
  Run run{std::move(child),
          request.stdin_data,
          request.output_limit,
          Clock::now() + request.deadline,
          {}};
  while (true) {
    const bool streams_open = run.child.output || run.child.error_output;
    const std::optional<ProcessEnd> end = streams_open ? std::nullopt : run.child.try_wait();
    if (end) {
      run.result.end = *end;
      return std::move(run.result);
    }
    if (Clock::now() >= run.deadline) break;
    if (!run.turn(wake_fd)) {
      run.child.kill_group();
      return fail(Code::interrupted, request.argv[0] + " was interrupted");
    }
  }
  run.child.kill_group();
  run.result.timed_out = true;
  run.result.end = ProcessEnd{0, "KILL"};
  return std::move(run.result);
}

}  // namespace segue
