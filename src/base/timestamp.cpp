#include "segue/base/timestamp.hpp"

#include "segue/base/number.hpp"

#include <chrono>
#include <string>

namespace segue {
namespace {

// The number that stands in columns of fixed width: "2026-11-21T07:00:00".
std::optional<int> columns(std::string_view text, size_t first, size_t count) {
  return text.size() < first + count ? std::nullopt : parse_number<int>(text.substr(first, count));
}

// Seconds east of Greenwich: "Z", "+01:00", "-0530 EST".
std::optional<long long> offset(std::string_view text) {
  if (text.starts_with('Z')) return 0;
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const bool colon = text.size() > 3 && text[3] == ':';
  const auto hours = columns(text, 1, 2);
  const auto minutes = columns(text, colon ? 4 : 3, 2);
  if (!hours || !minutes) return std::nullopt;
  const long long seconds = *hours * 3'600LL + *minutes * 60LL;
  return text.front() == '-' ? -seconds : seconds;
}

}  // namespace

std::optional<long long> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  const auto years = columns(text, 0, 4);
  const auto months = columns(text, 5, 2);
  const auto days = columns(text, 8, 2);
  const auto hours = columns(text, 11, 2);
  const auto minutes = columns(text, 14, 2);
  const auto seconds = columns(text, 17, 2);
  if (!years || !months || !days || !hours || !minutes || !seconds) return std::nullopt;
  const year_month_day date{year(*years), month(static_cast<unsigned>(*months)),
                            day(static_cast<unsigned>(*days))};
  const size_t zone = text.find_first_not_of(".0123456789 ", 19);
  const auto east = offset(text.substr(std::min(zone, text.size())));
  if (!date.ok() || !east) return std::nullopt;
  const long long midnight = sys_days(date).time_since_epoch().count() * 86'400LL;
  return midnight + *hours * 3'600LL + *minutes * 60LL + *seconds - *east;
}

}  // namespace segue
