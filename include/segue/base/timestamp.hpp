// Points in wall time as engines write them: "2026-11-21T07:00:00.123456789Z",
// "2026-11-21T08:00:00+01:00", and Go's own "2026-11-21 07:00:00.1 +0000 UTC".
#pragma once
#include <optional>
#include <string_view>

namespace segue {

// Whole seconds since 1970 in UTC; nothing when the text is no time.
std::optional<long long> parse_timestamp(std::string_view text);

}  // namespace segue
