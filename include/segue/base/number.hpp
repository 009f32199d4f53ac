// Text to a whole number: all of it, or nothing.
//   parse_number<int>("80") -> 80;  parse_number<int>("80x"), ("") -> nothing
#pragma once
#include <charconv>
#include <optional>
#include <string_view>

namespace segue {

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stopped != end || text.empty()) return std::nullopt;
  return value;
}

}  // namespace segue
