// What a shell runs on: files, programs, processes and a clock. The programs of a deploy's host are
// coreutils in their simplest form, and an engine; a test may add its own.
//   Machine machine(kernel, "one"); add_core_programs(machine);
//   start_script(machine, text, sink);
#pragma once
#include "files.hpp"
#include "kernel.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sim {

class Shell;

struct Call {
  Shell& shell;
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
  Stream& in;
  Stream& out;
  Stream& error;
  Microseconds limit = -1;  // how long `timeout` lets it run; negative: as long as it wants
};
using ProgramBody = std::function<int(Call&)>;

class Machine {
 public:
  Machine(Kernel& kernel, std::string name);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  Kernel& kernel;
  const std::string name;
  Files files;
  std::map<std::string, ProgramBody> programs;
  std::map<int, Microseconds> scripts;  // pid -> when it began: those that /proc shows
  std::string boot_id = "boot-1";
  Microseconds booted_at = -1'000'000'000;
  Microseconds clock_is_off_by = 0;
  // Before everything that a script does and others can see. May pause, or kill the process.
  std::function<void(Shell&, const std::string&)> on_event;

  const ProgramBody* program(const std::string& name) const;  // also by its path
  std::optional<std::string> path_of(const std::string& name) const;
  std::optional<std::string> special_file(const std::string& path) const;  // /proc and the like
};

void add_core_programs(Machine& machine);

// Starts a shell that has `text` on its standard input, in a process group of its own. What it
// prints goes to `output`, and errors too unless they have a stream of their own.
ProcessPointer start_script(Machine& machine, const std::string& text, StreamPointer output,
                            StreamPointer errors = nullptr);

}  // namespace sim
