#include "segue/base/cksum.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace segue {
namespace {

constexpr uint32_t kPolynomial = 0x04c11db7;

uint32_t add_byte(uint32_t crc, uint8_t byte) {
  crc ^= static_cast<uint32_t>(byte) << 24;
  for (int bit = 0; bit < 8; ++bit)
    crc = (crc & 0x80000000U) != 0 ? (crc << 1) ^ kPolynomial : crc << 1;
  return crc;
}

}  // namespace

std::string posix_cksum(std::string_view data) {
  uint32_t crc = 0;
  for (const char c : data) crc = add_byte(crc, static_cast<uint8_t>(c));
  for (size_t length = data.size(); length != 0; length >>= 8)
    crc = add_byte(crc, static_cast<uint8_t>(length & 0xff));
  return fmt::format("{} {}", ~crc, data.size());
}

}  // namespace segue
