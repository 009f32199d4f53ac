#include "segue/base/tar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace segue {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kNameField = 100;
constexpr unsigned long long kMostOctal = 077777777777ULL;

using Block = std::array<char, kBlock>;

void put(Block& block, size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

// Eleven octal digits, or, from 8 GiB on, the binary form that all three programs know.
void put_size(Block& block, unsigned long long size) {
  constexpr size_t kAt = 124;
  constexpr size_t kLength = 12;
  if (size <= kMostOctal) return put(block, kAt, fmt::format("{:011o}", size));
  block[kAt] = static_cast<char>(0x80);
  for (size_t i = kAt + kLength - 1; i > kAt; --i, size >>= 8U)
    block[i] = static_cast<char>(size & 0xffU);
}

std::string block_of(std::string_view name, unsigned mode, unsigned long long size, char type,
                     std::string_view link = {}) {
  constexpr size_t kSum = 148;
  Block block{};
  put(block, 0, name.substr(0, kNameField));
  put(block, 100, fmt::format("{:07o}", mode));
  put(block, 108, "0000000");  // owner and group: whoever unpacks it
  put(block, 116, "0000000");
  put_size(block, size);
  put(block, 136, "00000000000");
  put(block, kSum, "        ");  // while the sum is made
  block[156] = type;
  put(block, 157, link.substr(0, kNameField));
  put(block, 257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(block, kSum, fmt::format("{:06o}", sum));
  block[kSum + 6] = '\0';
  return {block.data(), block.size()};
}

// A name that is too long for its field comes before, as the content of an entry of its own.
std::string long_name(const std::string& name, char type) {
  if (name.size() <= kNameField) return {};
  const unsigned long long length = name.size() + 1;
  return block_of("././@LongLink", 0, length, type) + name + '\0' + tar_padding(length);
}

}  // namespace

std::string tar_header(const TarEntry& entry) {
  const std::string name = entry.is_folder ? entry.path + "/" : entry.path;
  const char type = entry.is_folder ? '5' : entry.link.empty() ? '0' : '2';
  return long_name(entry.link, 'K') + long_name(name, 'L') +
         block_of(name, entry.mode, entry.size, type, entry.link);
}

std::string tar_padding(unsigned long long size) {
  return std::string((kBlock - size % kBlock) % kBlock, '\0');
}

std::string tar_end() {
  return std::string(2 * kBlock, '\0');
}

}  // namespace segue
