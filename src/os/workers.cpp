#include "segue/os/workers.hpp"

#include "segue/base/check.hpp"
#include "segue/os/fd.hpp"

#include <unistd.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace segue {

struct Workers::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  std::vector<Completion> completions;
  Pipe pipe;
  int threads_left = 0;  // not yet started
  int idle = 0;
  bool closing = false;

  void work();
};

void Workers::Shared::work() {
  std::unique_lock lock(mutex);
  while (true) {
    ++idle;
    changed.wait(lock, [this] { return closing || !jobs.empty(); });
    --idle;
    if (closing) return;
    const Job job = std::move(jobs.front());
    jobs.pop_front();
    lock.unlock();
    Completion completion = job();
    lock.lock();
    if (closing) return;
    completions.push_back(std::move(completion));
    const char byte = 0;
    [[maybe_unused]] const ssize_t written = ::write(pipe.write.get(), &byte, 1);
  }
}

Workers::Workers(int threads) : shared_(std::make_shared<Shared>()) {
  Result<Pipe> pipe = make_pipe();
  CHECK(pipe.has_value(), "a process can make a pipe at its start");
  shared_->pipe = std::move(*pipe);
  set_nonblocking(shared_->pipe.read.get());
  set_nonblocking(shared_->pipe.write.get());
  shared_->threads_left = threads;
}

Workers::~Workers() {
  const std::lock_guard lock(shared_->mutex);
  shared_->closing = true;
  shared_->changed.notify_all();
}

void Workers::run(Job job) {
  const std::lock_guard lock(shared_->mutex);
  shared_->jobs.push_back(std::move(job));
  if (shared_->idle >= static_cast<int>(shared_->jobs.size()) || shared_->threads_left == 0) {
    shared_->changed.notify_one();
    return;
  }
  --shared_->threads_left;
  // Signals are for the loop's thread; a new thread inherits the mask of the one that makes it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([shared = shared_] { shared->work(); }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int Workers::wake_fd() const {
  return shared_->pipe.read.get();
}

void Workers::collect() {
  std::array<char, 64> bytes{};
  while (::read(shared_->pipe.read.get(), bytes.data(), bytes.size()) > 0) {
  }
  std::vector<Completion> completions;
  {
    const std::lock_guard lock(shared_->mutex);
    completions.swap(shared_->completions);
  }
  for (const Completion& completion : completions) completion();
}

}  // namespace segue
