#include "segue/os/random.hpp"

#include <fmt/format.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "segue/base/check.hpp"

#include <cstdint>

namespace segue {
namespace {

template <class Integer>
Integer random_integer() {
  Integer value = 0;
  CHECK(::getentropy(&value, sizeof value) == 0, "the kernel always has randomness");
  return value;
}

}  // namespace

std::string random_hex(size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += fmt::format("{:02x}", random_integer<uint8_t>());
  return text;
}

size_t random_below(size_t bound) {
  CHECK(bound > 0, "a range has at least one number");
  // A 64-bit number folded into a small range is even enough for delays.
  return static_cast<size_t>(random_integer<uint64_t>() % bound);
}

}  // namespace segue
