#include "segue/base/byte_size.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr long long kKibi = 1024;
constexpr long long kMost = 1LL << 53;
constexpr size_t kMostDigits = 16;  // of the whole part: more would be beyond 2^53 bytes
constexpr size_t kMostDecimals = 6;

// 0: no unit that is known.
long long bytes_of_unit(std::string unit) {
  std::ranges::transform(unit, unit.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (unit.empty() || unit == "b") return 1;
  if (unit == "k" || unit == "kb") return kKibi;
  if (unit == "m" || unit == "mb") return kKibi * kKibi;
  if (unit == "g" || unit == "gb") return kKibi * kKibi * kKibi;
  return 0;
}

auto no_amount(std::string_view text) {
  return fail(Code::usage,
              fmt::format("\"{}\" is not an amount of memory", visible(std::string(text))),
              "a number with b, k, m or g: 512m, 1.5g");
}

}  // namespace

Result<long long> parse_byte_size(std::string_view text) {
  const auto count_digits = [&](size_t from) {
    return std::min(text.find_first_not_of("0123456789", from), text.size()) - from;
  };
  const size_t whole_digits = count_digits(0);
  if (whole_digits == 0) return no_amount(text);
  size_t at = whole_digits;
  size_t decimals = 0;
  if (at < text.size() && text[at] == '.') {
    decimals = count_digits(at + 1);
    if (decimals == 0 || decimals > kMostDecimals) return no_amount(text);
    at += 1 + decimals;
  }
  const long long unit = bytes_of_unit(std::string(text.substr(at)));
  if (unit == 0) return no_amount(text);
  if (whole_digits > kMostDigits)
    return fail(Code::usage, "this is more memory than there can be", "write a smaller amount");
  const long long whole = std::stoll(std::string(text.substr(0, whole_digits)));
  if (whole > kMost / unit)
    return fail(Code::usage, "this is more memory than there can be", "write a smaller amount");
  long long part = 0;
  long long scale = 1;
  for (size_t i = whole_digits + 1; i < whole_digits + 1 + decimals; ++i) {
    part = part * 10 + (text[i] - '0');
    scale *= 10;
  }
  return whole * unit + part * unit / scale;
}

std::string byte_size_text(long long bytes) {
  constexpr const char* kUnits[]{"", "k", "m", "g"};
  size_t unit = 0;
  while (unit < 3 && bytes != 0 && bytes % kKibi == 0) {
    bytes /= kKibi;
    ++unit;
  }
  return fmt::format("{}{}", bytes, kUnits[unit]);
}

std::string shown_byte_size(long long bytes) {
  constexpr double kStep = 1024;
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  const auto kib = static_cast<double>(bytes) / kStep;
  if (kib < kStep) return fmt::format("{:.0f} KiB", kib);
  if (kib < kStep * kStep) return fmt::format("{:.1f} MiB", kib / kStep);
  return fmt::format("{:.1f} GiB", kib / kStep / kStep);
}

}  // namespace segue
