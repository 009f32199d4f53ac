// The time of day, only for people to read: no decision is made by it.
//   utc_text(now_seconds()) -> "2026-11-21T04:17:30Z"
#pragma once
#include <cstdint>
#include <string>

namespace segue {

int64_t now_seconds();  // since 1970, UTC
std::string utc_text(int64_t seconds);

}  // namespace segue
