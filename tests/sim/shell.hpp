// One shell process that runs a script in the simulator: variables, functions, descriptors, jobs.
// It runs inside a process of the kernel and stops wherever a real one would wait.
//   Shell shell(machine, process);
//   const int status = shell.run_text("echo hello");
#pragma once
#include "machine.hpp"
#include "syntax.hpp"

#include <map>
#include <string>
#include <vector>

namespace sim {

// A word while it is expanded: the text, and the same with quoted characters escaped, as a pattern.
struct Field {
  std::string text;
  std::string pattern;
};

class Shell {
 public:
  Shell(Machine& machine, Process& process);

  int run_text(const std::string& text);
  // A copy for ( ), $( ), a job or a stage of a pipe: as a real one it forgets its traps.
  Shell fork() const;

  Machine& machine() const { return machine_; }
  Process& process() const { return *process_; }
  std::string variable(const std::string& name) const;
  void set_variable(const std::string& name, std::string value);
  void set_stream(int descriptor, StreamPointer stream);
  Stream& stream(int descriptor);
  // Runs a program that another one was asked to run, as `timeout 60 docker ...` does.
  int run_program(Call& call, const std::vector<std::string>& argv);
  void event(const std::string& what);

 private:
  enum class Flow { on, break_, continue_, return_, exit_ };
  using Streams = std::map<int, StreamPointer>;
  using Arguments = std::vector<std::string>;
  using Functions = std::map<std::string, Program>;

  // --- shell.cpp
  void execute(const Command& command);
  void execute_kind(const Command& command);
  void with_redirections(const Command& command, void (Shell::*what)(const Command&));
  void simple(const Command& command);
  void simple_with_streams(const Command& command, const Arguments& words);
  void assign(const Command& command);
  void define(const std::string& name, const Program& body);
  void call_function(const Program& body, const Arguments& words);
  void external(const Command& command, const Arguments& words);
  void pipeline(const Command& command);
  void list(const Command& command);
  void subshell(const Command& command);
  void background(const Command& command);
  void branch(const Command& command);
  void loop(const Command& command);
  void each(const Command& command);
  void choice(const Command& command);
  bool stops_loop();
  bool redirect(const Redirection& redirection);
  StreamPointer open_for(const Redirection& redirection, const std::string& path);
  int run_forked(const Program& program, const Streams& changed);

  // --- expansion.cpp
  friend class Expansion;

  // --- builtins.cpp
  using Builtin = int (Shell::*)(const Arguments&);
  static const std::map<std::string, Builtin>& builtins();
  static bool is_special(const std::string& name);
  static bool is_private(const Command& command, const Arguments& words);
  int do_nothing(const Arguments& words);
  int do_false(const Arguments& words);
  int do_test(const Arguments& words);
  int do_echo(const Arguments& words);
  int do_printf(const Arguments& words);
  int do_read(const Arguments& words);
  int do_export(const Arguments& words);
  int do_set(const Arguments& words);
  int do_shift(const Arguments& words);
  int do_unset(const Arguments& words);
  int do_leave(const Arguments& words);  // return, exit, break, continue
  int do_trap(const Arguments& words);
  int do_exec(const Arguments& words);
  int do_umask(const Arguments& words);
  int do_cd(const Arguments& words);
  int do_wait(const Arguments& words);
  int do_kill(const Arguments& words);
  int do_command(const Arguments& words);
  bool test_one(const std::string& operation, const std::string& value) const;
  bool test_two(const Arguments& words) const;
  int put(const std::string& text);

  Machine& machine_;
  Process* process_;
  int script_pid_ = 0;
  std::map<std::string, std::string> variables_;
  std::map<std::string, bool> exported_;
  std::shared_ptr<Functions> functions_ = std::make_shared<Functions>();
  std::map<std::string, std::string> traps_;
  Arguments arguments_;
  Streams streams_;
  std::map<int, ProcessPointer> jobs_;
  int last_job_ = 0;
  int status_ = 0;
  int substituted_ = 0;  // the status of the last $( )
  int depth_ = 0;        // of functions
  int loops_ = 0;
  Flow flow_ = Flow::on;
  int levels_ = 0;  // that break and continue still have to go
  bool no_patterns_ = false;
};

// Whether text matches a shell pattern (`*`, `?`, `[...]`, with `\` before what is meant
// literally).
bool matches(std::string_view pattern, std::string_view text);

}  // namespace sim
