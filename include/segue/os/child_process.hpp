// A child process whose streams a poll loop reads and writes: all three ends here are
// non-blocking. It runs in a session and process group of its own, so Ctrl-C at the terminal does
// not reach it. Destroying this object closes the streams and leaves the process running.
//   TRY_ASSIGN(ChildProcess child, ChildProcess::start(request, ChildProcess::Streams::merged));
//   poll(child.output.get() ...);  if (auto end = child.try_wait()) ...
#pragma once
#include "segue/os/fd.hpp"
#include "segue/os/process.hpp"

#include <sys/types.h>

#include <optional>

namespace segue {

class ChildProcess {
 public:
  enum class Streams { separate, merged };  // merged: the error stream goes into `output`

  // Uses argv, environment and folder of the request; the rest is the caller's business.
  static Result<ChildProcess> start(const ProcessRequest& request, Streams streams);

  // Runs one with our own streams, in our group, and waits for its end.
  static Result<ProcessEnd> run_in_terminal(const ProcessRequest& request);

  // Nothing while it runs; afterwards always the same answer.
  std::optional<ProcessEnd> try_wait();

  // Kills the whole group, at once.
  void kill_group();

  pid_t id() const { return id_; }

  Fd input;
  Fd output;
  Fd error_output;

 private:
  pid_t id_ = -1;
  std::optional<ProcessEnd> end_;
};

// "KILL" for 9; the number itself for what has no name.
std::string signal_name(int number);

}  // namespace segue
