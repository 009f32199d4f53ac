#include "segue/os/signals.hpp"

#include "segue/base/check.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

namespace segue {
namespace {

// A signal handler can reach nothing but globals.
std::atomic<int> signal_count{0};
std::atomic<int> signal_last{0};
std::atomic<int> signal_pipe{-1};

void on_signal(int number) {
  const int errno_before = errno;
  signal_count.fetch_add(1);
  signal_last.store(number);
  const char byte = 0;
  // A full pipe is fine: the loop wakes up all the same.
  [[maybe_unused]] const ssize_t written = ::write(signal_pipe.load(), &byte, 1);
  errno = errno_before;
}

struct sigaction action_of(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return action;
}

}  // namespace

Signals::Signals() {
  CHECK(signal_pipe.load() < 0, "only one Signals object at a time");
  Result<Pipe> pipe = make_pipe();
  CHECK(pipe.has_value(), "a process can make a pipe at its start");
  pipe_ = std::move(*pipe);
  set_nonblocking(pipe_.read.get());
  set_nonblocking(pipe_.write.get());
  signal_count.store(0);
  signal_last.store(0);
  signal_pipe.store(pipe_.write.get());
  const struct sigaction count_it = action_of(on_signal);
  for (size_t i = 0; i < 3; ++i) ::sigaction(kWatched[i], &count_it, &before_[i]);
  const struct sigaction ignore_it = action_of(SIG_IGN);
  ::sigaction(SIGPIPE, &ignore_it, &broken_pipe_before_);
}

Signals::~Signals() {
  for (size_t i = 0; i < 3; ++i) ::sigaction(kWatched[i], &before_[i], nullptr);
  ::sigaction(SIGPIPE, &broken_pipe_before_, nullptr);
  signal_pipe.store(-1);
}

int Signals::count() const {
  return signal_count.load();
}
int Signals::last() const {
  return signal_last.load();
}

void Signals::rest(Duration time) const {
  pollfd wait{pipe_.read.get(), POLLIN, 0};
  ::poll(&wait, 1, static_cast<int>(time.count()));
}

void Signals::drain() {
  std::array<char, 64> bytes{};
  while (::read(pipe_.read.get(), bytes.data(), bytes.size()) > 0) {
  }
}

void ignore_broken_pipes() {
  const struct sigaction ignore_it = action_of(SIG_IGN);
  ::sigaction(SIGPIPE, &ignore_it, nullptr);
}

}  // namespace segue
