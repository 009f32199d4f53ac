#include "segue/base/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>

namespace segue {
namespace {

struct Unit {
  std::string_view name;
  long long milliseconds;
};
constexpr std::array<Unit, 4> kUnits{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr long long kLongest = 365LL * 24 * 3'600'000;  // a year: anything above is a slip

auto malformed(std::string_view text) {
  return fail(Code::usage, fmt::format("\"{}\" is not a length of time", text),
              "write 500ms, 10s, 5m, 1h30m or a whole number of seconds");
}

const Unit* unit_named(std::string_view name) {
  for (const Unit& unit : kUnits)
    if (unit.name == name) return &unit;
  return nullptr;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  long long total = 0;
  const Unit* last = nullptr;
  size_t at = 0;
  while (at < text.size()) {
    const size_t digits = at;
    long long number = 0;
    while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0) {
      number = number * 10 + (text[at++] - '0');
      if (number > kLongest) return malformed(text);
    }
    if (at == digits) return malformed(text);
    const size_t letters = at;
    while (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at])) != 0) ++at;
    const std::string_view name = text.substr(letters, at - letters);
    const bool bare_seconds = name.empty() && digits == 0 && at == text.size();
    const Unit* unit = bare_seconds ? unit_named("s") : unit_named(name);
    if (unit == nullptr || (last != nullptr && unit->milliseconds >= last->milliseconds))
      return malformed(text);
    last = unit;
    total += number * unit->milliseconds;
    if (total > kLongest) return malformed(text);
  }
  if (last == nullptr) return malformed(text);
  return Duration(total);
}

std::string to_string(Duration duration) {
  long long rest = duration.count();
  if (rest == 0) return "0s";
  std::string text;
  for (const Unit& unit : kUnits) {
    if (rest < unit.milliseconds) continue;
    text += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
    rest %= unit.milliseconds;
  }
  return text;
}

std::string elapsed_text(Duration duration) {
  const long long ms = duration.count();
  if (ms < 10'000) return fmt::format("{:.2f} s", static_cast<double>(ms) / 1000);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  return fmt::format("{} min {} s", ms / 60'000, ms / 1000 % 60);
}

}  // namespace segue
