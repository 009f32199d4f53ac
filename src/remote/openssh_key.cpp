#include "openssh_key.hpp"

#include "wire.hpp"

#include "segue/base/base64.hpp"
#include "segue/base/text.hpp"

namespace segue {
namespace {

constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kEnd = "-----END OPENSSH PRIVATE KEY-----";
constexpr std::string_view kMagic("openssh-key-v1\0", 15);
constexpr size_t kLineLength = 70;

}  // namespace

bool is_openssh_key(std::string_view text) {
  return contains(text, kBegin);
}

std::optional<OpensshKey> parse_openssh_key(std::string_view text) {
  const size_t begin = text.find(kBegin);
  const size_t end = text.find(kEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin)
    return std::nullopt;
  const size_t start = begin + kBegin.size();
  const auto bytes = decode_base64(join(split_words(text.substr(start, end - start)), ""));
  if (!bytes || !bytes->starts_with(kMagic)) return std::nullopt;
  WireReader reader(std::string_view(*bytes).substr(kMagic.size()));
  const auto cipher = reader.string();
  const auto derivation = reader.string();
  const auto options = reader.string();
  const auto count = reader.number();
  const auto public_key = reader.string();
  const auto private_part = reader.string();
  if (!cipher || !derivation || !options || count != 1U || !public_key || !private_part)
    return std::nullopt;
  return OpensshKey{std::string(*cipher),       std::string(*derivation),
                    std::string(*options),      std::string(*public_key),
                    std::string(*private_part), std::string(reader.left())};
}

std::string print_openssh_key(const OpensshKey& key) {
  std::string bytes(kMagic);
  append_string(bytes, key.cipher);
  append_string(bytes, key.derivation);
  append_string(bytes, key.derivation_options);
  append_number(bytes, 1);
  append_string(bytes, key.public_key);
  append_string(bytes, key.private_part);
  bytes += key.tag;
  const std::string base64 = encode_base64(bytes);
  std::string text = std::string(kBegin) + "\n";
  for (size_t at = 0; at < base64.size(); at += kLineLength)
    text += base64.substr(at, kLineLength) + "\n";
  return text + std::string(kEnd) + "\n";
}

}  // namespace segue
