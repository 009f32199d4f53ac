#include "shell.hpp"

#include "expansion.hpp"

#include <unordered_map>
#include <utility>

namespace sim {

namespace {

constexpr size_t kMostKept = 1000;

// Stories begin alike, and so do their scripts: of each text one tree is enough.
Program parsed(const std::string& text) {
  static std::unordered_map<std::string, Program> known;
  const auto it = known.find(text);
  if (it != known.end()) return it->second;
  if (known.size() >= kMostKept) known.clear();
  return known[text] = parse_shell(text);
}

}  // namespace

Shell::Shell(Machine& machine, Process& process)
    : machine_(machine), process_(&process), script_pid_(process.pid) {
  variables_["IFS"] = " \t\n";
  variables_["PATH"] = "/usr/bin";
  variables_["HOME"] = "/root";
}

Shell Shell::fork() const {
  Shell copy = *this;
  copy.traps_.clear();
  copy.loops_ = 0;
  return copy;
}

int Shell::run_text(const std::string& text) {
  Program program;
  try {
    program = parsed(text);
  } catch (const SyntaxError& error) {
    stream(2).write(std::string("sh: ") + error.what() + "\n");
    return 2;
  }
  execute(*program);
  return status_;
}

std::string Shell::variable(const std::string& name) const {
  const auto it = variables_.find(name);
  return it == variables_.end() ? "" : it->second;
}

void Shell::set_variable(const std::string& name, std::string value) {
  variables_[name] = std::move(value);
}

void Shell::set_stream(int descriptor, StreamPointer stream) {
  if (stream)
    streams_[descriptor] = std::move(stream);
  else
    streams_.erase(descriptor);
}

Stream& Shell::stream(int descriptor) {
  static NullStream nothing;
  const auto it = streams_.find(descriptor);
  return it == streams_.end() ? nothing : *it->second;
}

void Shell::event(const std::string& what) {
  if (machine_.on_event) machine_.on_event(*this, what);
}

void Shell::execute(const Command& command) {
  using Kind = Command::Kind;
  const bool compound = command.kind != Kind::simple && !command.redirections.empty();
  if (compound) return with_redirections(command, &Shell::execute_kind);
  execute_kind(command);
}

void Shell::execute_kind(const Command& command) {
  using Kind = Command::Kind;
  switch (command.kind) {
    case Kind::simple:
      return simple(command);
    case Kind::pipeline:
      return pipeline(command);
    case Kind::list:
      return list(command);
    case Kind::group:
      return execute(*command.children[0]);
    case Kind::subshell:
      return subshell(command);
    case Kind::background:
      return background(command);
    case Kind::branch:
      return branch(command);
    case Kind::loop:
      return loop(command);
    case Kind::each:
      return each(command);
    case Kind::choice:
      return choice(command);
    case Kind::function:
      define(command.name, command.children[0]);
      status_ = 0;
      return;
    case Kind::both:
    case Kind::either:
      execute(*command.children[0]);
      if (flow_ == Flow::on && (status_ == 0) == (command.kind == Kind::both))
        execute(*command.children[1]);
      return;
  }
}

void Shell::with_redirections(const Command& command, void (Shell::*what)(const Command&)) {
  const Streams before = streams_;
  bool fine = true;
  for (const Redirection& redirection : command.redirections)
    if (fine && !redirect(redirection)) fine = false;
  if (fine)
    (this->*what)(command);
  else
    status_ = 2;
  streams_ = before;
}

// --- simple commands

void Shell::assign(const Command& command) {
  for (const auto& [name, word] : command.assignments)
    variables_[name] = Expansion(*this).text(word);
}

void Shell::simple(const Command& command) {
  substituted_ = 0;
  const Arguments words = Expansion(*this).fields(command.words);
  if (words.empty() && command.redirections.empty()) {
    assign(command);
    status_ = substituted_;
    return;
  }
  if (!is_private(command, words)) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    event(text);
  }
  if (command.redirections.empty()) return simple_with_streams(command, words);
  const Streams before = streams_;
  for (const Redirection& redirection : command.redirections) {
    if (redirect(redirection)) continue;
    streams_ = before;
    status_ = 2;
    // As the standard has it: this ends a shell that nobody types into.
    if (!words.empty() && is_special(words[0])) flow_ = Flow::exit_;
    return;
  }
  simple_with_streams(command, words);
  const bool for_good = !words.empty() && words[0] == "exec";
  if (!for_good) streams_ = before;
}

void Shell::simple_with_streams(const Command& command, const Arguments& words) {
  if (words.empty()) {
    assign(command);
    status_ = substituted_;
    return;
  }
  const auto function = functions_->find(words[0]);
  const auto builtin = builtins().find(words[0]);
  if (function == functions_->end() && builtin == builtins().end()) return external(command, words);
  const bool lasting = function == functions_->end() && is_special(words[0]);
  const auto before =
      command.assignments.empty() || lasting ? std::map<std::string, std::string>{} : variables_;
  assign(command);
  std::map<std::string, std::string> read_into;
  if (function != functions_->end()) {
    const Program body = function->second;
    call_function(body, words);
  } else {
    status_ = (this->*builtin->second)(words);
  }
  if (command.assignments.empty() || lasting) return;
  for (const auto& [name, word] : command.assignments) {
    const auto old = before.find(name);
    if (old != before.end())
      variables_[name] = old->second;
    else
      variables_.erase(name);
  }
}

// Shared by all copies of a shell until one of them defines another.
void Shell::define(const std::string& name, const Program& body) {
  if (functions_.use_count() > 1) functions_ = std::make_shared<Functions>(*functions_);
  (*functions_)[name] = body;
}

void Shell::call_function(const Program& body, const Arguments& words) {
  Arguments before = std::exchange(arguments_, Arguments(words.begin() + 1, words.end()));
  const int loops = std::exchange(loops_, 0);
  ++depth_;
  execute(*body);
  --depth_;
  loops_ = loops;
  if (flow_ == Flow::return_) flow_ = Flow::on;
  arguments_ = std::move(before);
}

void Shell::external(const Command& command, const Arguments& words) {
  Call call{*this, words, {}, stream(0), stream(1), stream(2)};
  for (const auto& [name, exported] : exported_) call.environment[name] = variable(name);
  for (const auto& [name, word] : command.assignments)
    call.environment[name] = Expansion(*this).text(word);
  status_ = run_program(call, words);
}

int Shell::run_program(Call& call, const std::vector<std::string>& argv) {
  const ProgramBody* program = machine_.program(argv.at(0));
  if (program == nullptr) throw Unsupported("the program " + argv[0]);
  Call inner{*this, argv, call.environment, call.in, call.out, call.error, call.limit};
  return (*program)(inner);
}

// --- what is made of commands

void Shell::list(const Command& command) {
  for (const Program& child : command.children) {
    execute(*child);
    if (flow_ != Flow::on) return;
  }
  if (command.children.empty()) status_ = 0;
}

int Shell::run_forked(const Program& program, const Streams& changed) {
  Shell child = fork();
  for (const auto& [descriptor, stream] : changed) child.set_stream(descriptor, stream);
  child.execute(*program);
  return child.status_;
}

void Shell::subshell(const Command& command) {
  status_ = run_forked(command.children[0], {});
}

void Shell::background(const Command& command) {
  const auto child = std::make_shared<Shell>(fork());
  const Program program = command.children[0];
  child->set_stream(0, std::make_shared<NullStream>());
  const ProcessPointer job =
      machine_.kernel.spawn(process_->group, [child, program](Process& self) {
        child->process_ = &self;
        child->execute(*program);
        child->streams_.clear();
        return child->status_;
      });
  jobs_[job->pid] = job;
  last_job_ = job->pid;
  status_ = 0;
}

// All stages but the last are processes of their own.
void Shell::pipeline(const Command& command) {
  std::vector<ProcessPointer> stages;
  StreamPointer input;
  for (size_t i = 0; i + 1 < command.children.size(); ++i) {
    const auto child = std::make_shared<Shell>(fork());
    PipeEnds ends = make_pipe(machine_.kernel);
    if (input) child->set_stream(0, std::exchange(input, nullptr));
    child->set_stream(1, std::exchange(ends.writer, nullptr));
    input = std::exchange(ends.reader, nullptr);
    const Program program = command.children[i];
    stages.push_back(machine_.kernel.spawn(process_->group, [child, program](Process& self) {
      child->process_ = &self;
      child->execute(*program);
      child->streams_.clear();  // who reads from it sees the end
      return child->status_;
    }));
  }
  if (command.children.size() == 1) {
    execute(*command.children[0]);
  } else {
    Streams changed{{0, std::exchange(input, nullptr)}};
    Shell last = fork();
    last.set_stream(0, std::exchange(changed[0], nullptr));
    last.execute(*command.children.back());
    last.streams_.clear();
    status_ = last.status_;
  }
  for (const ProcessPointer& stage : stages)
    machine_.kernel.wait_until([stage] { return stage->finished; });
  if (command.negated) status_ = status_ == 0 ? 1 : 0;
}

void Shell::branch(const Command& command) {
  execute(*command.children[0]);
  if (flow_ != Flow::on) return;
  if (status_ == 0) return execute(*command.children[1]);
  status_ = 0;
  if (command.children.size() > 2) execute(*command.children[2]);
}

// Whether a break or continue, or more than that, ends the loop whose body has just run.
bool Shell::stops_loop() {
  if (flow_ == Flow::on) return false;
  if (flow_ != Flow::break_ && flow_ != Flow::continue_) return true;
  if (--levels_ > 0) return true;
  return std::exchange(flow_, Flow::on) == Flow::break_;
}

void Shell::loop(const Command& command) {
  int status = 0;
  ++loops_;
  while (true) {
    execute(*command.children[0]);
    if (flow_ != Flow::on) {
      if (stops_loop()) break;
      continue;
    }
    if ((status_ == 0) == command.negated) {
      status_ = status;
      break;
    }
    execute(*command.children[1]);
    if (stops_loop()) break;
    status = status_;
  }
  --loops_;
}

void Shell::each(const Command& command) {
  const Arguments values =
      command.all_arguments ? arguments_ : Expansion(*this).fields(command.words);
  status_ = 0;
  ++loops_;
  for (const std::string& value : values) {
    variables_[command.name] = value;
    execute(*command.children[0]);
    if (stops_loop()) break;
  }
  --loops_;
}

void Shell::choice(const Command& command) {
  const std::string word = Expansion(*this).text(command.words[0]);
  status_ = 0;
  for (const Command::Case& one : command.cases) {
    for (const Word& pattern : one.patterns)
      if (matches(Expansion(*this).pattern(pattern), word)) return execute(*one.body);
  }
}

// --- redirections

bool Shell::redirect(const Redirection& redirection) {
  const std::string target = Expansion(*this).text(redirection.target);
  if (redirection.kind != Redirection::Kind::duplicate) {
    StreamPointer opened = open_for(redirection, target);
    if (!opened)
      stream(2).write("sh: can not open " + target + "\n");
    else
      streams_[redirection.descriptor] = opened;
    return opened != nullptr;
  }
  const auto other = target.size() == 1 ? streams_.find(target[0] - '0') : streams_.end();
  if (other == streams_.end()) return false;
  const StreamPointer same = other->second;
  streams_[redirection.descriptor] = same;
  return true;
}

StreamPointer Shell::open_for(const Redirection& redirection, const std::string& path) {
  using Kind = Redirection::Kind;
  if (path == "/dev/null") return std::make_shared<NullStream>();
  const bool reads = redirection.kind == Kind::read;
  if (reads) {
    if (auto text = machine_.special_file(path)) return std::make_shared<TextSource>(*text);
  }
  Files::NodePointer node = machine_.files.open(path, !reads, redirection.kind == Kind::write);
  if (!node) return nullptr;
  return open_file(machine_.files, std::move(node), redirection.kind == Kind::append);
}

}  // namespace sim
