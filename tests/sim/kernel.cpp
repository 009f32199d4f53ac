#include "kernel.hpp"

#include <algorithm>
#include <utility>

namespace sim {

namespace {

constexpr int kFirstPid = 1000;

}  // namespace

Kernel::~Kernel() {
  end_all();
}

void Kernel::end_all() {
  for (const ProcessPointer& process : processes_) process->killed = true;
  while (!processes_.empty()) step();
}

void Kernel::begin_again(Microseconds now, unsigned long long seed) {
  end_all();
  now_ = now;
  last_pid_ = kFirstPid;
  random_.seed(seed);
}

ProcessPointer Kernel::spawn(int group, std::function<int(Process&)> body) {
  auto process = std::make_shared<Process>();
  process->pid = ++last_pid_;
  process->group = group == 0 ? process->pid : group;
  process->since = now_;
  process->wakes_at = now_;
  Process& there = *process;
  process->fiber = std::make_unique<Fiber>([&there, body = std::move(body)] {
    try {
      if (there.killed) throw Killed{};
      there.status = body(there);
    } catch (const Killed&) {
      there.status = 137;
    }
  });
  processes_.push_back(process);
  return process;
}

void Kernel::kill(Process& process) {
  process.killed = true;
  if (&process == current_) throw Killed{};
}

// The one that asks for it goes last: it does not come back.
void Kernel::kill_groups(const std::vector<int>& groups) {
  bool own = false;
  for (const ProcessPointer& process : processes_) {
    const bool meant = std::find(groups.begin(), groups.end(), process->group) != groups.end();
    if (!meant || process->finished) continue;
    process->killed = true;
    own = own || process.get() == current_;
  }
  if (own) throw Killed{};
}

bool Kernel::group_lives(int group) const {
  return std::any_of(processes_.begin(), processes_.end(), [&](const ProcessPointer& process) {
    return process->group == group && !process->finished && !process->killed;
  });
}

void Kernel::run(const std::function<bool()>& enough) {
  while (!(enough && enough()) && step()) {
  }
}

// The killed first, then whoever can go on, the one that has waited longest before the others.
bool Kernel::step() {
  Process* next = nullptr;
  for (const ProcessPointer& process : processes_) {
    const bool due = process->wakes_at >= 0 && process->wakes_at <= now_;
    if (!process->killed && !due && !(process->ready && process->ready())) continue;
    resume(process);
    return true;
  }
  for (const ProcessPointer& process : processes_)
    if (process->wakes_at >= 0 && (next == nullptr || process->wakes_at < next->wakes_at))
      next = process.get();
  if (next == nullptr) return false;
  now_ = std::max(now_, next->wakes_at);
  return true;
}

void Kernel::resume(const ProcessPointer& process) {
  const ProcessPointer kept = process;
  Process* before = std::exchange(current_, kept.get());
  kept->wakes_at = -1;
  kept->ready = nullptr;
  processes_.remove(kept);
  processes_.push_back(kept);
  try {
    kept->fiber->resume();
  } catch (...) {
    kept->finished = true;
    processes_.remove(kept);
    current_ = before;
    throw;
  }
  current_ = before;
  if (!kept->fiber->finished()) return;
  kept->finished = true;
  processes_.remove(kept);
}

void Kernel::leave(Process& process) {
  Fiber::leave();
  if (process.killed) throw Killed{};
}

void Kernel::pause(Microseconds time) {
  current_->wakes_at = now_ + time;
  leave(*current_);
}

void Kernel::wait_until(std::function<bool()> ready) {
  if (ready()) return;
  current_->ready = std::move(ready);
  leave(*current_);
}

void Kernel::wait_until(std::function<bool()> ready, Microseconds deadline) {
  if (ready() || deadline <= now_) return;
  current_->ready = std::move(ready);
  current_->wakes_at = deadline;
  leave(*current_);
}

}  // namespace sim
