#include "segue/secrets/dotenv.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr size_t kLongestText = size_t{16} << 20;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

class DotenvParser {
 public:
  DotenvParser(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  Result<std::map<std::string, Secret>> parse() {
    if (text_.size() > kLongestText) return error(1, "this is longer than 16 MiB", "");
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text_.rfind(kByteOrderMark, 0) == 0) at_ = kByteOrderMark.size();
    if (text_.find('\0') != std::string_view::npos)
      return error(1, "a NUL byte: this is not a text file", "");
    while (skip_to_line()) {
      const int line = line_;
      TRY_ASSIGN(const std::string name, read_name());
      TRY_ASSIGN(std::string value, read_value());
      if (values_.count(name) != 0)
        return error(line, fmt::format("{} is given twice", name), "remove one of them");
      values_.emplace(name, Secret(std::move(value)));
    }
    return std::move(values_);
  }

 private:
  // The position counts lines only: a column or the line itself could give a value away.
  tl::unexpected<Error> error(int line, std::string what, std::string hint) const {
    Error made{Code::usage, fmt::format("{}:{}: {}", file_, line, what), std::move(hint), {}, {}};
    made.at = SourceSpan{file_, line, 1, 1};
    return tl::unexpected<Error>(std::move(made));
  }

  bool at_end() const { return at_ >= text_.size(); }
  char take() {
    if (text_[at_] == '\n') ++line_;
    return text_[at_++];
  }
  void skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }
  void skip_rest_of_line() {
    while (!at_end() && text_[at_] != '\n') ++at_;
  }

  bool skip_to_line() {  // over empty lines and comments
    while (true) {
      skip_blanks();
      if (at_end()) return false;
      if (text_[at_] == '#') {
        skip_rest_of_line();
      } else if (text_[at_] == '\n') {
        take();
      } else {
        return true;
      }
    }
  }

  Result<std::string> read_name() {
    constexpr std::string_view kExport = "export";
    if (text_.substr(at_, kExport.size()) == kExport && at_ + kExport.size() < text_.size() &&
        is_blank(text_[at_ + kExport.size()])) {
      at_ += kExport.size();
      skip_blanks();
    }
    const size_t start = at_;
    while (!at_end() && is_name_character(text_[at_])) ++at_;
    std::string name(text_.substr(start, at_ - start));
    skip_blanks();
    if (name.empty() || (name[0] >= '0' && name[0] <= '9') || at_end() || text_[at_] != '=')
      return error(line_, "this is not KEY=VALUE", "comments begin with #");
    ++at_;
    return name;
  }

  Result<std::string> read_value() {
    skip_blanks();
    if (at_end() || text_[at_] == '\n') return std::string();
    const char first = text_[at_];
    if (first == '\'' || first == '"') {
      const int line = line_;
      ++at_;
      TRY_ASSIGN(std::string value, quoted(first, line));
      TRY(nothing_follows());
      return value;
    }
    return bare();
  }

  Result<std::string> quoted(char quote, int line) {
    std::string value;
    while (!at_end()) {
      const char c = take();
      if (c == quote) return value;
      if (quote == '"' && c == '\\' && !at_end())
        escape(value);
      else
        value += c;
    }
    return error(line, "this quote is never closed", "");
  }

  void escape(std::string& value) {
    const char c = take();
    switch (c) {
      case 'n':
        value += '\n';
        break;
      case 'r':
        value += '\r';
        break;
      case 't':
        value += '\t';
        break;
      case '"':
      case '\\':
      case '$':
        value += c;
        break;
      case '\n':
        break;  // a line that goes on
      default:
        value += '\\';
        value += c;
    }
  }

  Result<> nothing_follows() {
    skip_blanks();
    if (at_end() || text_[at_] == '\n') return {};
    if (text_[at_] != '#')
      return error(line_, "something follows the closing quote",
                   "write \\\" for a quote inside of double quotes");
    skip_rest_of_line();
    return {};
  }

  std::string bare() {
    const size_t start = at_;
    skip_rest_of_line();
    std::string_view value = text_.substr(start, at_ - start);
    for (size_t i = 0; i < value.size(); ++i)
      if (value[i] == '#' && (i == 0 || is_blank(value[i - 1]))) value = value.substr(0, i);
    return std::string(trim(value));
  }

  const std::string& file_;
  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  std::map<std::string, Secret> values_;
};

}  // namespace

Result<std::map<std::string, Secret>> parse_dotenv(const std::string& file, std::string_view text) {
  return DotenvParser(file, text).parse();
}

}  // namespace segue
