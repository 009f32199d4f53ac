// Base64 with padding, as known_hosts and key files write it.
//   decode_base64("AAAA") -> three zero bytes; nothing for text that is not base64
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace segue {

std::string encode_base64(std::string_view bytes);
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace segue
