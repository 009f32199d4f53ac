// Counts SIGINT, SIGTERM and SIGHUP instead of dying of them, and wakes a poll loop through a pipe.
// SIGPIPE is ignored. One object at a time; its end restores what was before.
//   Signals signals;  poll(signals.wake_fd());  signals.drain();  if (signals.count() == 1) ...
#pragma once
#include "segue/base/duration.hpp"
#include "segue/os/fd.hpp"

#include <csignal>

namespace segue {

class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  int count() const;  // how many arrived so far
  int last() const;   // SIGINT, SIGTERM, SIGHUP; 0 before the first
  int wake_fd() const { return pipe_.read.get(); }
  void drain();                    // makes wake_fd quiet again
  void rest(Duration time) const;  // nothing, for so long or until one arrives

 private:
  static constexpr int kWatched[3] = {SIGINT, SIGTERM, SIGHUP};
  Pipe pipe_;
  struct sigaction before_[3] = {};
  struct sigaction broken_pipe_before_ = {};
};

// Writing to a pipe that nobody reads is then an error instead of our death. For good.
void ignore_broken_pipes();

}  // namespace segue
