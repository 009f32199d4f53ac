#include "source_text.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr size_t kMostMebibytes = 1;
constexpr size_t kMostBytes = kMostMebibytes * 1024 * 1024;

// Offset behind the closing quote of the quoted value that begins at `at`; npos without one.
size_t end_of_quoted(std::string_view text, size_t at) {
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

SourceText::SourceText(std::string file, std::string_view text)
    : file_(std::move(file)), text_(text) {
  starts_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i)
    if (text_[i] == '\n' && i + 1 < text_.size()) starts_.push_back(i + 1);
}

std::string_view SourceText::line(int number) const {
  if (number < 1 || static_cast<size_t>(number) > starts_.size()) return {};
  const size_t start = starts_[static_cast<size_t>(number) - 1];
  std::string_view rest = text_.substr(start);
  rest = rest.substr(0, rest.find('\n'));
  if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
  return rest;
}

SourceSpan SourceText::span_at(int number, int column, int length) const {
  if (static_cast<size_t>(number) > starts_.size()) {
    number = static_cast<int>(starts_.size());
    column = static_cast<int>(line(number).size()) + 1;
  }
  return {file_, std::max(1, number), std::max(1, column), std::max(1, length)};
}

size_t SourceText::offset_of(int number, int column) const {
  if (number < 1 || static_cast<size_t>(number) > starts_.size()) return text_.size();
  return std::min(text_.size(),
                  starts_[static_cast<size_t>(number) - 1] + static_cast<size_t>(column - 1));
}

SourceText::Extent SourceText::extent_at(int number, int column, std::string_view value) const {
  const std::string_view whole = line(number);
  size_t at = std::min(whole.size(), static_cast<size_t>(std::max(1, column) - 1));
  while (at < whole.size() && (whole[at] == '&' || whole[at] == '!')) {
    const size_t blank = std::min(whole.find_first_of(" \t", at), whole.size());
    const size_t next = whole.find_first_not_of(" \t", blank);
    if (next == std::string_view::npos) break;
    at = next;
  }
  Extent extent;
  const int first = static_cast<int>(at) + 1;
  size_t length = 1;
  if (at < whole.size()) {
    extent.opening = whole[at];
    if (extent.opening == '"' || extent.opening == '\'') {
      const size_t offset = offset_of(number, first);
      const size_t end = end_of_quoted(text_, offset);
      extent.unclosed = end == std::string_view::npos;
      length = std::min(end - offset, whole.size() - at);
    } else if (extent.opening != '|' && extent.opening != '>' && !value.empty()) {
      length = std::min(value.size(), whole.size() - at);
    }
  }
  extent.span = span_at(number, first, static_cast<int>(length));
  return extent;
}

Error SourceText::error_at_offset(size_t offset, std::string what, std::string hint) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const int number = static_cast<int>(after - starts_.begin());
  const int column = static_cast<int>(offset - *(after - 1)) + 1;
  return {Code::usage, std::move(what), std::move(hint), {}, span_at(number, column)};
}

std::optional<Error> SourceText::unreadable() const {
  if (text_.size() > kMostBytes)
    return Error{Code::usage,
                 fmt::format("the file is larger than {} MiB", kMostMebibytes),
                 "is this the right file?",
                 {},
                 SourceSpan{file_, 0, 0, 1}};
  for (size_t at = 0; at < text_.size();) {
    if (text_[at] == '\0')
      return error_at_offset(at, "a NUL byte: this is not a text file",
                             "save the file as UTF-8 text");
    const size_t length = utf8_length(text_, at);
    if (length == 0)
      return error_at_offset(at, "this byte is not valid UTF-8", "save the file as UTF-8 text");
    at += length;
  }
  return std::nullopt;
}

}  // namespace segue
