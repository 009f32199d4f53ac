#include "scalar.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace segue {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

}  // namespace

SourceSpan part_of(const YamlNode& node, size_t offset, size_t length) {
  SourceSpan at = node.at;
  const bool plain = at.length == static_cast<int>(node.text.size());
  if (plain || at.length == static_cast<int>(node.text.size()) + 2) {
    at.column += static_cast<int>(offset) + (plain ? 0 : 1);
    at.length = static_cast<int>(length);
  }
  return at;
}

Result<int> read_number(const YamlNode& node, NumberRange range) {
  if (node.kind != YamlNode::Kind::scalar || !is_digits(node.text))
    return fail(Code::usage, fmt::format("must be a whole number, not {}", describe(node)));
  if (node.text.size() > 1 && node.text.front() == '0') {
    const size_t first = std::min(node.text.find_first_not_of('0'), node.text.size() - 1);
    return fail(Code::usage, fmt::format("begins with a zero: {}", node.text),
                fmt::format("write {}", node.text.substr(first)));
  }
  int number = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [stop, problem] = std::from_chars(node.text.data(), end, number);
  const bool bounded = range.least != 0 || range.most != 0;
  if (problem != std::errc() || stop != end ||
      (bounded && (number < range.least || number > range.most)))
    return fail(
        Code::usage, fmt::format("is out of range: {}", node.text),
        bounded ? fmt::format("from {} to {}", range.least, range.most) : "write a smaller one");
  return number;
}

Result<bool> read_flag(const YamlNode& node) {
  const bool scalar = node.kind == YamlNode::Kind::scalar;
  if (scalar && !node.quoted && (node.text == "true" || node.text == "false"))
    return node.text == "true";
  constexpr std::array<std::string_view, 5> kYes{"true", "yes", "on", "y", "1"};
  constexpr std::array<std::string_view, 5> kNo{"false", "no", "off", "n", "0"};
  std::string hint = "write true or false, without quotes";
  if (scalar && std::ranges::count(kYes, lower(node.text)) != 0) hint = "write true";
  if (scalar && std::ranges::count(kNo, lower(node.text)) != 0) hint = "write false";
  if (scalar && node.quoted)
    hint += hint.find("quotes") == std::string::npos ? ", without quotes" : "";
  return fail(Code::usage, fmt::format("must be true or false, not {}", describe(node)), hint);
}

std::optional<Variable> find_variable(std::string_view text) {
  for (size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at)) {
    if (text.substr(at, 2) == "$$") {
      at += 2;
      continue;
    }
    if (text.substr(at, 2) != "${") {
      ++at;
      continue;
    }
    const size_t end = text.find('}', at);
    if (end == std::string_view::npos) return Variable{std::string(text.substr(at + 2)), at, false};
    return Variable{std::string(text.substr(at + 2, end - at - 2)), at, true};
  }
  return std::nullopt;
}

std::string expand_dollars(std::string_view text) {
  return replace_all(std::string(text), "$$", "$");
}

std::string describe(const YamlNode& node) {
  constexpr size_t kShown = 40;
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      break;
  }
  const std::string text = visible(node.text);
  if (text.size() > kShown || contains(text, "\n")) return "a long text";
  return fmt::format("\"{}\"", text);
}

}  // namespace segue
