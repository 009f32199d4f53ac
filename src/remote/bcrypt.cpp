#include "bcrypt.hpp"

#include "blowfish.hpp"
#include "wire.hpp"

#include <openssl/sha.h>

#include <algorithm>

namespace segue {
namespace {

constexpr std::string_view kMagic = "OxychromaticBlowfishSwatDynamite";
constexpr size_t kHashBytes = 32;
constexpr size_t kHashWords = kHashBytes / 4;
constexpr int kExpansions = 64;

std::string sha512(std::string_view bytes) {
  std::string hash(SHA512_DIGEST_LENGTH, '\0');
  SHA512(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

// The next four bytes of a text that begins again at its end.
uint32_t next_word(std::string_view text, size_t& at) {
  uint32_t word = 0;
  for (int i = 0; i < 4; ++i) {
    word = word << 8U | static_cast<uint8_t>(text[at]);
    at = (at + 1) % text.size();
  }
  return word;
}

std::string bcrypt_hash(std::string_view passphrase_hash, std::string_view salt_hash) {
  Blowfish state;
  state.expand(passphrase_hash, salt_hash);
  for (int i = 0; i < kExpansions; ++i) {
    state.expand(salt_hash);
    state.expand(passphrase_hash);
  }
  std::array<uint32_t, kHashWords> words{};
  size_t at = 0;
  for (uint32_t& word : words) word = next_word(kMagic, at);
  for (int i = 0; i < kExpansions; ++i)
    for (size_t pair = 0; pair < kHashWords; pair += 2) state.encrypt(words[pair], words[pair + 1]);
  std::string hash;
  for (const uint32_t word : words)
    for (const unsigned shift : {0U, 8U, 16U, 24U}) hash += static_cast<char>(word >> shift);
  return hash;
}

// One block of PBKDF2 with bcrypt_hash in the place of HMAC.
std::string block(std::string_view passphrase_hash, std::string_view salt, uint32_t rounds,
                  uint32_t number) {
  std::string numbered(salt);
  append_number(numbered, number);
  std::string hash = bcrypt_hash(passphrase_hash, sha512(numbered));
  std::string sum = hash;
  for (uint32_t round = 1; round < rounds; ++round) {
    hash = bcrypt_hash(passphrase_hash, sha512(hash));
    for (size_t i = 0; i < kHashBytes; ++i) sum[i] = static_cast<char>(sum[i] ^ hash[i]);
  }
  return sum;
}

}  // namespace

uint32_t Blowfish::mix(uint32_t half) const {
  const auto box = [&](size_t number, unsigned shift) {
    return words_[kBlowfishSubkeys + number * kBlowfishBox + (half >> shift & 0xffU)];
  };
  return ((box(0, 24U) + box(1, 16U)) ^ box(2, 8U)) + box(3, 0U);
}

void Blowfish::encrypt(uint32_t& left, uint32_t& right) const {
  for (size_t i = 0; i < kBlowfishSubkeys - 2; i += 2) {
    left ^= words_[i];
    right ^= mix(left);
    right ^= words_[i + 1];
    left ^= mix(right);
  }
  left ^= words_[kBlowfishSubkeys - 2];
  right ^= words_[kBlowfishSubkeys - 1];
  std::swap(left, right);
}

void Blowfish::expand(std::string_view key, std::string_view salt) {
  size_t key_at = 0;
  for (size_t i = 0; i < kBlowfishSubkeys; ++i) words_[i] ^= next_word(key, key_at);
  size_t salt_at = 0;
  uint32_t left = 0;
  uint32_t right = 0;
  for (size_t i = 0; i < kBlowfishWords; i += 2) {
    if (!salt.empty()) {
      left ^= next_word(salt, salt_at);
      right ^= next_word(salt, salt_at);
    }
    encrypt(left, right);
    words_[i] = left;
    words_[i + 1] = right;
  }
}

// The bytes of a block are spread over the whole key, as OpenBSD's function does.
std::string bcrypt_key(std::string_view passphrase, std::string_view salt, uint32_t rounds,
                       size_t length) {
  const std::string passphrase_hash = sha512(passphrase);
  const size_t blocks = (length + kHashBytes - 1) / kHashBytes;
  std::string key(length, '\0');
  for (size_t number = 0; number < blocks; ++number) {
    const std::string bytes =
        block(passphrase_hash, salt, rounds, static_cast<uint32_t>(number + 1));
    for (size_t i = 0; i < kHashBytes && i * blocks + number < length; ++i)
      key[i * blocks + number] = bytes[i];
  }
  return key;
}

}  // namespace segue
