// The two shapes that SSH messages are made of: a 32-bit number, most significant byte first, and
// a string that is its length as such a number and then its bytes.
//   WireReader reader(blob);  auto type = reader.string();  // "ssh-ed25519"
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segue {

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : left_(bytes) {}

  // Nothing when the bytes end too early.
  std::optional<uint8_t> byte();
  std::optional<uint32_t> number();
  std::optional<std::string_view> string();
  std::string_view left() const { return left_; }

 private:
  std::string_view left_;
};

void append_number(std::string& bytes, uint32_t number);
void append_string(std::string& bytes, std::string_view text);

// The first string of a public key: its type. Empty when the bytes are no key.
std::string key_type_of(std::string_view public_key);

}  // namespace segue
