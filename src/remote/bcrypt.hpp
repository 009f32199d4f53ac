// bcrypt_pbkdf, by which OpenSSH makes a key of a passphrase.
//   const std::string key = bcrypt_key("passphrase", salt, 16, 48);   // takes a quarter of a
//   second
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace segue {

// `length` bytes. The time grows with `rounds`.
std::string bcrypt_key(std::string_view passphrase, std::string_view salt, uint32_t rounds,
                       size_t length);

}  // namespace segue
