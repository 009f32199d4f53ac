// SHA-256 and HMAC-SHA-256 as lower-case hex, by libcrypto.
#pragma once
#include <string>
#include <string_view>

namespace segue {

std::string sha256_hex(std::string_view data);
std::string hmac_sha256_hex(std::string_view key, std::string_view data);

}  // namespace segue
