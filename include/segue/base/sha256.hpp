// SHA-256 and HMAC-SHA-256 as lower-case hex, by libcrypto.
//   Sha256 hash;  hash.update("a");  hash.update("b");  hash.hex() == sha256_hex("ab")
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace segue {

std::string sha256_hex(std::string_view data);
std::string hmac_sha256_hex(std::string_view key, std::string_view data);

// Of what comes in pieces.
class Sha256 {
 public:
  Sha256();
  void update(std::string_view data);
  std::string hex();  // once, at the end

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace segue
