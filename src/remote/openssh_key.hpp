// The container of OpenSSH's own private keys: magic, cipher, how its key is made of a passphrase,
// the public key in clear, and the rest, which may be encrypted.
//   const auto parsed = parse_openssh_key(text);   if (parsed && parsed->cipher == "none") ...
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace segue {

struct OpensshKey {
  std::string cipher;
  std::string derivation;          // "bcrypt", "none"
  std::string derivation_options;  // its salt and rounds
  std::string public_key;          // bytes
  std::string private_part;        // bytes, encrypted with `cipher`
  std::string tag;                 // bytes behind it, of ciphers that prove themselves
};

bool is_openssh_key(std::string_view text);

// Nothing for what is damaged, or holds more than one key.
std::optional<OpensshKey> parse_openssh_key(std::string_view text);

std::string print_openssh_key(const OpensshKey& key);

}  // namespace segue
