// The time of day, for people to read, and to judge certificates by: no other decision is made by
// it.
//   utc_text(now_seconds()) -> "2026-11-21T04:17:30Z"
#pragma once
#include <cstdint>
#include <string>

namespace segue {

int64_t now_seconds();  // since 1970, UTC
std::string utc_text(int64_t seconds);

}  // namespace segue
