#include "wire.hpp"

namespace segue {

std::optional<uint8_t> WireReader::byte() {
  if (left_.empty()) return std::nullopt;
  const auto value = static_cast<uint8_t>(left_[0]);
  left_.remove_prefix(1);
  return value;
}

std::optional<uint32_t> WireReader::number() {
  if (left_.size() < 4) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<uint8_t>(left_[i]);
  left_.remove_prefix(4);
  return value;
}

std::optional<std::string_view> WireReader::string() {
  const std::optional<uint32_t> length = number();
  if (!length || *length > left_.size()) return std::nullopt;
  const std::string_view text = left_.substr(0, *length);
  left_.remove_prefix(*length);
  return text;
}

void append_number(std::string& bytes, uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>((number >> shift) & 0xffU);
}

void append_string(std::string& bytes, std::string_view text) {
  append_number(bytes, static_cast<uint32_t>(text.size()));
  bytes += text;
}

std::string key_type_of(std::string_view public_key) {
  return std::string(WireReader(public_key).string().value_or(std::string_view()));
}

}  // namespace segue
