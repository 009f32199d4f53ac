#include "expansion.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace sim {
namespace {

// Escapes what a pattern would take for more than itself.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

bool has_pattern(std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i;
    else if (pattern[i] == '*' || pattern[i] == '?')
      return true;
    else if (pattern[i] == '[' && pattern.find(']', i) != std::string_view::npos)
      return true;
  }
  return false;
}

std::string unescaped(std::string_view pattern) {
  std::string result;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    result += pattern[i];
  }
  return result;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

// [0-9], [!a-z]; moves `pattern` behind the bracket.
bool matches_set(std::string_view& pattern, char c) {
  size_t i = 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    const char low = pattern[i];
    char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = pattern[i + 2];
      i += 2;
    }
    found = found || (low <= c && c <= high);
    ++i;
  }
  pattern.remove_prefix(std::min(i + 1, pattern.size()));
  return found != negated;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  while (!pattern.empty()) {
    if (pattern.front() == '*') {
      pattern.remove_prefix(1);
      for (size_t skip = 0; skip <= text.size(); ++skip)
        if (matches(pattern, text.substr(skip))) return true;
      return false;
    }
    if (text.empty()) return false;
    if (pattern.front() == '[' && pattern.find(']') != std::string_view::npos) {
      if (!matches_set(pattern, text.front())) return false;
      text.remove_prefix(1);
      continue;
    }
    const bool any = pattern.front() == '?';
    if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
    if (!any && pattern.front() != text.front()) return false;
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  return text.empty();
}

std::vector<std::string> Expansion::fields(const std::vector<Word>& words) {
  std::vector<std::string> found;
  for (const Word& word : words) {
    done_.clear();
    expand(word, true);
    finish_field();
    for (const Field& field : done_) file_names(field, found);
  }
  return found;
}

std::string Expansion::text(const Word& word) {
  expand(word, false);
  return current_.text;
}

std::string Expansion::pattern(const Word& word) {
  expand(word, false);
  return current_.pattern;
}

void Expansion::expand(const Word& word, bool splits) {
  current_ = {};
  has_current_ = after_blank_ = false;
  for (const WordPart& one : word) part(one, splits);
}

void Expansion::part(const WordPart& part, bool splits) {
  switch (part.kind) {
    case WordPart::Kind::literal:
      append_literal(part.text, part.quoted);
      break;
    case WordPart::Kind::parameter:
      parameter(part, splits);
      break;
    case WordPart::Kind::command:
      append(output_of(part.program), part.quoted, splits);
      break;
    case WordPart::Kind::arithmetic:
      append(std::to_string(evaluate(Expansion(shell_).text(*part.argument), shell_)), part.quoted,
             splits);
      break;
  }
}

std::optional<std::string> Expansion::value_of(const std::string& name) const {
  if (name == "?") return std::to_string(shell_.status_);
  if (name == "#") return std::to_string(shell_.arguments_.size());
  if (name == "$") return std::to_string(shell_.script_pid_);
  if (name == "!") return shell_.last_job_ == 0 ? "" : std::to_string(shell_.last_job_);
  if (name == "0") return "sh";
  if (std::isdigit(static_cast<unsigned char>(name.at(0))) != 0) {
    const auto at = static_cast<size_t>(std::stoul(name));
    if (at > shell_.arguments_.size()) return std::nullopt;
    return shell_.arguments_[at - 1];
  }
  if (name == "*" || name == "@") {
    std::string all;
    const std::string separator = shell_.variable("IFS").substr(0, 1);
    for (const std::string& one : shell_.arguments_)
      all += (&one == shell_.arguments_.data() ? "" : separator) + one;
    return all;
  }
  const auto it = shell_.variables_.find(name);
  if (it == shell_.variables_.end()) return std::nullopt;
  return it->second;
}

void Expansion::parameter(const WordPart& wanted, bool splits) {
  const bool all = wanted.text == "@" || (wanted.text == "*" && !wanted.quoted);
  if (all && wanted.operation.empty()) return arguments(wanted, splits);
  std::optional<std::string> value = value_of(wanted.text);
  const std::string& operation = wanted.operation;
  if (operation == "length")
    return append(std::to_string(value.value_or("").size()), wanted.quoted, splits);
  if (operation.starts_with('#') || operation.starts_with('%'))
    return append(trimmed(value.value_or(""), wanted), wanted.quoted, splits);
  if (operation.empty()) return append(value.value_or(""), wanted.quoted, splits);
  const bool given = value && (operation[0] != ':' || !value->empty());
  const bool wants_other = operation.back() == '+' ? given : !given;
  if (!wants_other) return append(operation.back() == '+' ? "" : *value, wanted.quoted, splits);
  for (const WordPart& other : *wanted.argument) part(other, splits && !wanted.quoted);
}

void Expansion::arguments(const WordPart& wanted, bool splits) {
  bool first = true;
  for (const std::string& one : shell_.arguments_) {
    if (!first && splits) {
      has_current_ = has_current_ || wanted.quoted;
      finish_field();
    } else if (!first) {
      append(" ", true, false);
    }
    append(one, wanted.quoted, splits);
    first = false;
  }
  // "$@" of nothing is no word, although it is quoted.
  if (shell_.arguments_.empty() && current_.text.empty()) has_current_ = false;
}

std::string Expansion::trimmed(std::string value, const WordPart& wanted) {
  const std::string pattern = Expansion(shell_).pattern(*wanted.argument);
  const bool front = wanted.operation[0] == '#';
  const bool longest = wanted.operation.size() == 2;
  for (size_t i = 0; i <= value.size(); ++i) {
    const size_t length = longest ? value.size() - i : i;
    const std::string_view piece = front ? std::string_view(value).substr(0, length)
                                         : std::string_view(value).substr(value.size() - length);
    if (!matches(pattern, piece)) continue;
    return front ? value.substr(length) : value.substr(0, value.size() - length);
  }
  return value;
}

std::string Expansion::output_of(const Program& program) {
  std::string output;
  const auto capture = std::make_shared<Sink>([&output](std::string_view text) {
    output += text;
    return true;
  });
  shell_.status_ = shell_.substituted_ = shell_.run_forked(program, {{1, capture}});
  while (output.ends_with('\n')) output.pop_back();
  return output;
}

void Expansion::append(const std::string& text, bool quoted, bool splits) {
  if (quoted || !splits) {
    current_.text += text;
    current_.pattern += quoted ? escaped(text) : text;
    has_current_ = has_current_ || quoted || !text.empty();
    return;
  }
  append_split(text);
}

void Expansion::append_literal(const std::string& text, bool quoted) {
  append(text, quoted, false);
  has_current_ = true;
  after_blank_ = false;
}

void Expansion::append_split(const std::string& text) {
  const auto known = shell_.variables_.find("IFS");
  const std::string separators = known == shell_.variables_.end() ? " \t\n" : known->second;
  for (const char c : text) {
    if (separators.find(c) == std::string::npos) {
      current_.text += c;
      current_.pattern += c;
      has_current_ = true;
      after_blank_ = false;
    } else if (is_blank(c)) {
      if (!has_current_) continue;
      finish_field();
      after_blank_ = true;
    } else {
      if (!after_blank_) has_current_ = true;
      finish_field();
      after_blank_ = false;
    }
  }
}

void Expansion::finish_field() {
  if (has_current_) done_.push_back(std::move(current_));
  current_ = {};
  has_current_ = false;
}

void Expansion::file_names(const Field& field, std::vector<std::string>& found) const {
  if (shell_.no_patterns_ || !has_pattern(field.pattern)) return found.push_back(field.text);
  std::vector<std::string> places{""};
  std::string_view rest = field.pattern;
  if (!rest.starts_with('/')) throw Unsupported("the relative pattern " + field.text);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view step = rest.substr(0, rest.find('/'));
    rest.remove_prefix(step.size());
    std::vector<std::string> next;
    for (const std::string& place : places) {
      if (!has_pattern(step)) {
        next.push_back(place + "/" + unescaped(step));
        continue;
      }
      for (const std::string& name : shell_.machine().files.names_in(place.empty() ? "/" : place))
        if (matches(step, name) && (name[0] != '.' || step[0] == '.'))
          next.push_back(place + "/" + name);
    }
    places = std::move(next);
  }
  const Files& files = shell_.machine().files;
  std::erase_if(
      places, [&](const std::string& path) { return !files.exists(path) && !files.is_link(path); });
  std::sort(places.begin(), places.end());
  if (places.empty()) places.push_back(field.text);
  found.insert(found.end(), places.begin(), places.end());
}

namespace {

class Arithmetic {
 public:
  Arithmetic(std::string_view text, const Shell& shell) : text_(text), shell_(shell) {}
  long long whole() {
    const long long value = sum();
    if (skip() != '\0') throw Unsupported("the expression " + std::string(text_));
    return value;
  }

 private:
  char skip() {
    while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
    return position_ < text_.size() ? text_[position_] : '\0';
  }
  long long sum() {
    long long value = product();
    while (skip() == '+' || skip() == '-') {
      const bool plus = text_[position_++] == '+';
      const long long other = product();
      value = plus ? value + other : value - other;
    }
    return value;
  }
  long long product() {
    long long value = factor();
    while (skip() == '*' || skip() == '/' || skip() == '%') {
      const char sign = text_[position_++];
      const long long other = factor();
      if (sign != '*' && other == 0) throw Unsupported("a division by zero");
      value = sign == '*' ? value * other : sign == '/' ? value / other : value % other;
    }
    return value;
  }
  long long factor() {
    const char c = skip();
    if (c == '-') return ++position_, -factor();
    if (c == '(') {
      ++position_;
      const long long value = sum();
      if (skip() != ')') throw Unsupported("the expression " + std::string(text_));
      return ++position_, value;
    }
    std::string word;
    while (position_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[position_])) != 0 ||
            text_[position_] == '_'))
      word += text_[position_++];
    if (word.empty()) throw Unsupported("the expression " + std::string(text_));
    if (std::isdigit(static_cast<unsigned char>(word[0])) == 0) word = shell_.variable(word);
    // A number with a zero before it is one to the base of eight, as in every shell.
    return word.empty() ? 0 : std::stoll(word, nullptr, 0);
  }

  std::string_view text_;
  const Shell& shell_;
  size_t position_ = 0;
};

}  // namespace

long long evaluate(const std::string& expression, const Shell& shell) {
  return Arithmetic(expression, shell).whole();
}

}  // namespace sim
