// Bytes out of base64, in the alphabet of RFC 4648 or the one for URLs, with or without padding.
//   decode_base64("aHVudGVyMg==")  ->  "hunter2"
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace segue {

std::optional<std::string> decode_base64(std::string_view text);

}  // namespace segue
