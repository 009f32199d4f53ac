#include "segue/os/wall_clock.hpp"

#include <fmt/format.h>

#include <ctime>

namespace segue {

int64_t now_seconds() {
  return static_cast<int64_t>(::time(nullptr));
}

std::string utc_text(int64_t seconds) {
  const auto moment = static_cast<time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&moment, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace segue
