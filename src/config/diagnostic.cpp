#include "segue/base/text.hpp"
#include "segue/config/load.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr size_t kMostShown = 160;  // bytes of a long line
constexpr size_t kBefore = 60;      // of them before the caret

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

size_t character_start(std::string_view text, size_t at) {
  while (at > 0 && at < text.size() && continues_character(text[at])) --at;
  return at;
}

// As wide as the text itself: tabs stay, everything else becomes the filler.
std::string as_wide_as(std::string_view text, char filler) {
  std::string wide;
  for (const char c : text)
    if (!continues_character(c)) wide += c == '\t' && filler == ' ' ? '\t' : filler;
  return wide;
}

std::string_view line_of(std::string_view text, int number) {
  for (; number > 1; --number) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct Window {
  std::string before, marked, after;
};

// The line cut into what the caret points at and the rest; a long line only around the caret.
Window window_of(std::string_view line, const SourceSpan& at) {
  const size_t column =
      character_start(line, std::min(line.size(), static_cast<size_t>(std::max(1, at.column) - 1)));
  const size_t end = std::min(line.size(), column + static_cast<size_t>(std::max(1, at.length)));
  size_t first = 0;
  size_t last = line.size();
  if (line.size() > kMostShown) {
    first = character_start(line, column > kBefore ? column - kBefore : 0);
    last = character_start(line, std::min(line.size(), first + kMostShown));
  }
  const size_t stop = std::clamp(end, column, std::max(column, last));
  const auto shown = [&](size_t from, size_t to) {
    return visible(std::string(line.substr(from, to - from)));
  };
  return {(first > 0 ? "..." : "") + shown(first, column), shown(column, stop),
          shown(stop, std::max(stop, last)) + (last < line.size() ? "..." : "")};
}

// A name or a message can't begin a line of its own.
std::string on_one_line(const std::string& text) {
  return replace_all(visible(text), "\n", "\\n");
}

}  // namespace

std::string show_diagnostic(const Error& error, std::string_view text, std::string_view severity) {
  const SourceSpan at = error.at.value_or(SourceSpan{});
  std::string head;
  if (!at.file.empty()) head = on_one_line(at.file) + ":";
  if (at.line > 0) head += fmt::format("{}:{}:", at.line, at.column);
  if (!head.empty()) head += ' ';
  std::string shown = fmt::format("{}{}: {}\n", head, severity, on_one_line(error.what));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    text.remove_prefix(kByteOrderMark.size());
  const std::string hint = on_one_line(error.hint);
  const std::string_view line = line_of(text, at.line);
  const std::string number = std::to_string(at.line);
  const std::string gutter = fmt::format("  {} | ", std::string(number.size(), ' '));
  if (at.line > 0 && !line.empty()) {
    const Window window = window_of(line, at);
    std::string underline = as_wide_as(window.marked, '~');
    if (underline.empty()) underline = "~";
    underline.front() = '^';
    shown += fmt::format("  {} | {}{}{}\n", number, window.before, window.marked, window.after);
    shown += fmt::format("{}{}{}", gutter, as_wide_as(window.before, ' '), underline);
    shown += hint.empty() ? "\n" : fmt::format(" {}\n", hint);
  } else if (!hint.empty()) {
    shown += fmt::format("  {}\n", hint);
  }
  return shown;
}

}  // namespace segue
