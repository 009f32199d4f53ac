// The commands that a shell does itself.
#include "shell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sim {
namespace {

std::optional<long long> number_of(const std::string& text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A backslash and what follows it, in a format or in `echo`-like text.
std::string unescaped(const std::string& text, size_t& i) {
  if (text[i] != '\\' || i + 1 >= text.size()) return std::string(1, text[i]);
  ++i;
  switch (text[i]) {
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case '\\':
      return "\\";
    default:
      break;
  }
  throw Unsupported(std::string("printf \\") + text[i]);
}

}  // namespace

const std::map<std::string, Shell::Builtin>& Shell::builtins() {
  static const std::map<std::string, Builtin> known{
      {":", &Shell::do_nothing},      {"true", &Shell::do_nothing},   {"false", &Shell::do_false},
      {"[", &Shell::do_test},         {"test", &Shell::do_test},      {"echo", &Shell::do_echo},
      {"printf", &Shell::do_printf},  {"read", &Shell::do_read},      {"export", &Shell::do_export},
      {"set", &Shell::do_set},        {"shift", &Shell::do_shift},    {"unset", &Shell::do_unset},
      {"return", &Shell::do_leave},   {"exit", &Shell::do_leave},     {"break", &Shell::do_leave},
      {"continue", &Shell::do_leave}, {"trap", &Shell::do_trap},      {"exec", &Shell::do_exec},
      {"umask", &Shell::do_umask},    {"cd", &Shell::do_cd},          {"wait", &Shell::do_wait},
      {"kill", &Shell::do_kill},      {"command", &Shell::do_command}};
  return known;
}

bool Shell::is_special(const std::string& name) {
  static const std::array<const char*, 10> names{":",      "break",  "continue", "exec",  "exit",
                                                 "export", "return", "set",      "shift", "trap"};
  return name == "unset" || std::find(names.begin(), names.end(), name) != names.end();
}

// Whether nobody outside of the shell can see that the command has run: no fault between two of
// these differs from one before the next that is seen.
bool Shell::is_private(const Command& command, const Arguments& words) {
  if (!command.redirections.empty()) return false;
  if (words.empty()) return true;
  static const std::array<const char*, 15> quiet{
      ":",    "true",  "false",    "export", "set",   "shift", "unset",  "return",
      "exit", "break", "continue", "trap",   "umask", "cd",    "command"};
  if (std::find(quiet.begin(), quiet.end(), words[0]) != quiet.end()) return true;
  if (words[0] != "[") return false;
  return std::none_of(words.begin(), words.end(), [](const std::string& word) {
    return word.size() == 2 && word[0] == '-' &&
           std::string_view("efdrwxsL").find(word[1]) != std::string_view::npos;
  });
}

int Shell::do_nothing(const Arguments& /*words*/) {
  return 0;
}

int Shell::do_false(const Arguments& /*words*/) {
  return 1;
}

int Shell::do_test(const Arguments& words) {
  Arguments inner(words.begin() + 1, words.end());
  if (words[0] == "[") {
    if (inner.empty() || inner.back() != "]") throw Unsupported("[ without ]");
    inner.pop_back();
  }
  bool negated = false;
  while (inner.size() > 1 && inner[0] == "!") {
    negated = !negated;
    inner.erase(inner.begin());
  }
  bool result = false;
  if (inner.size() == 1)
    result = !inner[0].empty();
  else if (inner.size() == 2)
    result = test_one(inner[0], inner[1]);
  else if (inner.size() == 3) {
    const bool compares = inner[1] == "=" || inner[1] == "!=";
    if (!compares && (!number_of(inner[0]) || !number_of(inner[2]))) {
      stream(2).write("[: not a number\n");
      return 2;
    }
    result = test_two(inner);
  } else if (!inner.empty()) {
    throw Unsupported("test of " + std::to_string(inner.size()) + " words");
  }
  return result != negated ? 0 : 1;
}

bool Shell::test_one(const std::string& operation, const std::string& value) const {
  const Files& files = machine_.files;
  const bool special = machine_.special_file(value).has_value() || value == "/dev/null";
  if (operation == "-n") return !value.empty();
  if (operation == "-z") return value.empty();
  if (operation == "-d") return files.is_folder(value);
  if (operation == "-f") return files.is_file(value) || special;
  if (operation == "-L") return files.is_link(value);
  if (operation == "-e" || operation == "-r" || operation == "-w")
    return files.exists(value) || special;
  if (operation == "-x") return files.is_folder(value);
  if (operation == "-s") return !files.read(value).value_or("").empty();
  throw Unsupported("test " + operation);
}

bool Shell::test_two(const Arguments& words) const {
  const std::string& operation = words[1];
  if (operation == "=") return words[0] == words[2];
  if (operation == "!=") return words[0] != words[2];
  const long long left = *number_of(words[0]);
  const long long right = *number_of(words[2]);
  if (operation == "-eq") return left == right;
  if (operation == "-ne") return left != right;
  if (operation == "-lt") return left < right;
  if (operation == "-le") return left <= right;
  if (operation == "-gt") return left > right;
  if (operation == "-ge") return left >= right;
  throw Unsupported("test " + operation);
}

// Who writes to a connection that is gone dies of SIGPIPE, unless it is caught.
int Shell::put(const std::string& text) {
  const auto it = streams_.find(1);
  if (it == streams_.end()) return 1;
  if (it->second->write(text)) return 0;
  if (it->second->is_broken() && !traps_.contains("PIPE")) {
    flow_ = Flow::exit_;
    return status_ = 141;
  }
  return 1;
}

int Shell::do_echo(const Arguments& words) {
  std::string text;
  for (size_t i = 1; i < words.size(); ++i) text += (i == 1 ? "" : " ") + words[i];
  if (text.find('\\') != std::string::npos) throw Unsupported("echo with a backslash");
  return put(text + "\n");
}

int Shell::do_printf(const Arguments& words) {
  const std::string& format = words.at(1);
  size_t next = 2;
  std::string text;
  do {
    const size_t before = next;
    for (size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%') {
        text += unescaped(format, i);
        continue;
      }
      const size_t end = format.find_first_of("sdX%", i + 1);
      if (end == std::string::npos) throw Unsupported("printf " + format);
      const std::string flags = format.substr(i + 1, end - i - 1);
      const std::string value = format[end] != '%' && next < words.size() ? words[next] : "";
      if (format[end] != '%') ++next;
      if (format[end] == '%')
        text += '%';
      else if (format[end] == 's' && flags.empty())
        text += value;
      else if (format[end] == 'd' && flags.empty())
        text += std::to_string(number_of(value).value_or(0));
      else if (format[end] == 'X' && flags == "04")
        text += fmt::format("{:04X}", number_of(value).value_or(0));
      else
        throw Unsupported("printf %" + flags + format[end]);
      i = end;
    }
    if (next == before) break;
  } while (next < words.size());
  return put(text);
}

// Splits like a word that is expanded; what is left over goes into the last name.
int Shell::do_read(const Arguments& words) {
  if (words.size() < 3 || words[1] != "-r") throw Unsupported("read without -r");
  std::string line;
  const bool whole = stream(0).read_line(line);
  const std::string separators = variable("IFS");
  const auto separates = [&](char c) { return separators.find(c) != std::string::npos; };
  const auto is_blank = [&](char c) {
    return separates(c) && std::string_view(" \t\n").find(c) != std::string_view::npos;
  };
  size_t at = 0;
  const auto skip = [&] {
    while (at < line.size() && is_blank(line[at])) ++at;
  };
  skip();
  for (size_t i = 2; i + 1 < words.size(); ++i) {
    const size_t start = at;
    while (at < line.size() && !separates(line[at])) ++at;
    variables_[words[i]] = line.substr(start, at - start);
    skip();
    if (at < line.size() && separates(line[at]) && (at == start || !is_blank(line[at]))) ++at;
    skip();
  }
  std::string rest = line.substr(std::min(at, line.size()));
  while (!rest.empty() && is_blank(rest.back())) rest.pop_back();
  // One separator at the very end belongs to no field.
  const auto others = std::count_if(rest.begin(), rest.end(), separates);
  if (!rest.empty() && separates(rest.back()) && others == 1) rest.pop_back();
  variables_[words.back()] = rest;
  return whole ? 0 : 1;
}

int Shell::do_export(const Arguments& words) {
  for (size_t i = 1; i < words.size(); ++i) exported_[words[i]] = true;
  return 0;
}

int Shell::do_set(const Arguments& words) {
  size_t i = 1;
  if (i < words.size() && (words[i] == "-f" || words[i] == "+f")) {
    no_patterns_ = words[i] == "-f";
    return 0;
  }
  if (i < words.size() && words[i] == "--")
    ++i;
  else if (i < words.size() && words[i].size() > 1 && (words[i][0] == '-' || words[i][0] == '+'))
    throw Unsupported("set " + words[i]);
  arguments_.assign(words.begin() + static_cast<long>(i), words.end());
  return 0;
}

int Shell::do_shift(const Arguments& words) {
  const long long count = words.size() > 1 ? number_of(words[1]).value_or(1) : 1;
  if (count > static_cast<long long>(arguments_.size())) {
    flow_ = Flow::exit_;
    return 2;
  }
  arguments_.erase(arguments_.begin(), arguments_.begin() + count);
  return 0;
}

int Shell::do_unset(const Arguments& words) {
  for (size_t i = 1; i < words.size(); ++i) variables_.erase(words[i]);
  return 0;
}

int Shell::do_leave(const Arguments& words) {
  const bool of_loop = words[0] == "break" || words[0] == "continue";
  const long long given = words.size() > 1 ? number_of(words[1]).value_or(2)
                          : of_loop        ? 1
                                           : status_;
  if (of_loop) {
    if (loops_ == 0) return 0;
    levels_ = static_cast<int>(std::min<long long>(given, loops_));
    flow_ = words[0] == "break" ? Flow::break_ : Flow::continue_;
    return 0;
  }
  flow_ = words[0] == "return" && depth_ > 0 ? Flow::return_ : Flow::exit_;
  return static_cast<int>(given);
}

int Shell::do_trap(const Arguments& words) {
  if (words.size() < 3) throw Unsupported("trap of " + std::to_string(words.size() - 1) + " words");
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] != "HUP" && words[i] != "PIPE") throw Unsupported("trap for " + words[i]);
    traps_[words[i]] = words[1];
  }
  return 0;
}

int Shell::do_exec(const Arguments& words) {
  if (words.size() > 1) throw Unsupported("exec of a program");
  return 0;
}

int Shell::do_umask(const Arguments& words) {
  if (words.size() != 2) throw Unsupported("umask without a mask");
  return 0;
}

int Shell::do_cd(const Arguments& words) {
  throw Unsupported("cd " + (words.size() > 1 ? words[1] : ""));
}

int Shell::do_wait(const Arguments& words) {
  const auto wait_for = [this](const ProcessPointer& job) {
    machine_.kernel.wait_until([job] { return job->finished; });
    return job->status;
  };
  if (words.size() == 1) {
    for (const auto& [pid, job] : jobs_) wait_for(job);
    jobs_.clear();
    return 0;
  }
  const auto job = jobs_.find(static_cast<int>(number_of(words[1]).value_or(0)));
  if (job == jobs_.end()) return 127;
  const int status = wait_for(job->second);
  jobs_.erase(job);
  return status;
}

int Shell::do_kill(const Arguments& words) {
  if (words.size() != 3 || (words[1] != "-TERM" && words[1] != "-KILL"))
    throw Unsupported("kill of " + (words.size() > 1 ? words[1] : "nothing"));
  const long long target = number_of(words[2]).value_or(0);
  const int group = static_cast<int>(target < 0 ? -target : target);  // a script is a group
  if (!machine_.kernel.group_lives(group)) return 1;
  machine_.kernel.kill_group(group);
  return 0;
}

int Shell::do_command(const Arguments& words) {
  if (words.size() != 3 || words[1] != "-v") throw Unsupported("command without -v");
  const auto path = machine_.path_of(words[2]);
  return path ? put(*path + "\n") : 127;
}

}  // namespace sim
