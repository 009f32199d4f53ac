#include "command_line.hpp"

#include "segue/base/text.hpp"

#include <algorithm>
#include <array>

namespace segue {
namespace {

constexpr std::string_view kSyntax = "|&;<>$`()*?[\n";
constexpr std::string_view kSyntaxAtWordStart = "~#!{}";
constexpr std::array<std::string_view, 17> kShellWords{
    "exec", "cd", "export", "set",   "eval",  "ulimit", "umask", "trap", "source",
    ".",    ":",  "if",     "while", "until", "for",    "case",  "unset"};

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  Result<CommandLine> split() {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\'')
        TRY(single_quoted());
      else if (c == '"')
        TRY(double_quoted());
      else if (c == '\\')
        TRY(escaped());
      else if (c == ' ' || c == '\t')
        end_word();
      else
        plain(c);
    }
    end_word();
    if (line_.argv.empty())
      return fail(Code::usage, "the command is empty", "remove it to run the image's own");
    if (line_.by_shell || begins_like_shell())
      return CommandLine{{"sh", "-c", std::string(text_)}, true};
    return line_;
  }

 private:
  static tl::unexpected<Error> unclosed() {
    return fail(Code::usage, "a quote in the command is never closed",
                "close it, or write the command as a list");
  }

  void plain(char c) {
    if (kSyntax.find(c) != std::string_view::npos ||
        (!in_word_ && kSyntaxAtWordStart.find(c) != std::string_view::npos))
      line_.by_shell = true;
    put(c);
    if (line_.argv.empty()) first_word_plain_ = word_;
  }
  Result<> single_quoted() {
    in_word_ = true;
    const size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos) return unclosed();
    word_ += text_.substr(at_, end - at_);
    at_ = end + 1;
    return {};
  }
  Result<> double_quoted() {
    in_word_ = true;
    while (at_ < text_.size()) {
      char c = text_[at_++];
      if (c == '"') return {};
      if (c == '$' || c == '`') line_.by_shell = true;
      if (c == '\\' && at_ < text_.size() &&
          std::string_view("\\\"$`").find(text_[at_]) != std::string_view::npos)
        c = text_[at_++];
      word_ += c;
    }
    return unclosed();
  }
  Result<> escaped() {
    if (at_ >= text_.size())
      return fail(Code::usage, "the command ends with a backslash", "remove it");
    put(text_[at_++]);
    return {};
  }
  void put(char c) {
    in_word_ = true;
    word_ += c;
  }
  void end_word() {
    if (in_word_) line_.argv.push_back(word_);
    word_.clear();
    in_word_ = false;
  }

  // A builtin, a keyword, or NAME=value before the program.
  bool begins_like_shell() const {
    const std::string& first = line_.argv.front();
    if (std::ranges::count(kShellWords, first) != 0) return true;
    const size_t equals = first_word_plain_.find('=');
    return equals != std::string::npos && equals > 0 &&
           first_word_plain_.find_first_of("/.-") > equals;
  }

  std::string_view text_;
  size_t at_ = 0;
  CommandLine line_;
  std::string word_;
  std::string first_word_plain_;
  bool in_word_ = false;
};

}  // namespace

Result<CommandLine> split_command(std::string_view text) {
  return Splitter(trim(text)).split();
}

}  // namespace segue
