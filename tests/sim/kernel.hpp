// Processes that take turns, and the clock they share. Time is virtual: when nobody can go on, it
// jumps to the moment when somebody can. Nothing here knows shells or hosts.
//   Kernel kernel(seed);
//   kernel.spawn(0, [&](Process&) { kernel.pause(1000); return 0; });
//   kernel.run();
#pragma once
#include "fiber.hpp"

#include <functional>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace sim {

using Microseconds = long long;

struct Killed {};  // thrown in a process that was killed, so that its stack is cleared away

struct Process {
  int pid = 0;
  int group = 0;
  Microseconds since = 0;
  bool finished = false;
  bool killed = false;
  int status = 0;

  Microseconds wakes_at = -1;   // -1: it waits for something else
  std::function<bool()> ready;  // what it waits for
  std::unique_ptr<Fiber> fiber;
};
using ProcessPointer = std::shared_ptr<Process>;

class Kernel {
 public:
  explicit Kernel(unsigned long long seed) { begin_again(0, seed); }
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Group 0: a new one, named by the process's own id. The body's result is its exit status.
  ProcessPointer spawn(int group, std::function<int(Process&)> body);
  void kill(Process& process);
  void kill_group(int group) { kill_groups({group}); }
  void kill_groups(const std::vector<int>& groups);
  bool group_lives(int group) const;
  // Everybody is killed; then as new, at that time, with another seed. From outside only.
  void begin_again(Microseconds now, unsigned long long seed);

  // Runs until nobody can go on any more, or `enough` says so.
  void run(const std::function<bool()>& enough = nullptr);

  // --- for the process that runs
  void pause(Microseconds time);
  void wait_until(std::function<bool()> ready);
  void wait_until(std::function<bool()> ready, Microseconds deadline);

  Microseconds now() const { return now_; }
  void set_now(Microseconds now) { now_ = now; }
  unsigned long long random(unsigned long long below) { return random_() % below; }
  std::mt19937_64& generator() { return random_; }

 private:
  void end_all();
  bool step();
  void resume(const ProcessPointer& process);
  void leave(Process& process);

  std::mt19937_64 random_;
  Microseconds now_ = 0;
  int last_pid_ = 0;
  Process* current_ = nullptr;
  std::list<ProcessPointer> processes_;
};

}  // namespace sim
