// Lengths of time as deploy.yml writes them: `500ms`, `10s`, `5m`, `1h30m`, or a whole number of
// seconds. Kept in milliseconds.
#pragma once
#include "segue/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace segue {

using Duration = std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

Result<Duration> parse_duration(std::string_view text);

// The shortest spelling that parse_duration reads back: "1h30m", "5s", "250ms".
std::string to_string(Duration duration);

// For people, after the fact: "0.42 s", "12.3 s", "3 min 5 s".
std::string elapsed_text(Duration duration);

}  // namespace segue
