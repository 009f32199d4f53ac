// Blowfish as bcrypt uses it: a state that learns from a key and a salt. Not for encrypting
// anything of ours.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace segue {

constexpr size_t kBlowfishSubkeys = 18;
constexpr size_t kBlowfishBox = 256;
constexpr size_t kBlowfishWords = kBlowfishSubkeys + 4 * kBlowfishBox;
extern const std::array<uint32_t, kBlowfishWords> kBlowfishPi;

class Blowfish {
 public:
  // The expensive step: all words are made anew of the key and the salt ("" for none).
  void expand(std::string_view key, std::string_view salt = {});
  void encrypt(uint32_t& left, uint32_t& right) const;

 private:
  uint32_t mix(uint32_t half) const;

  std::array<uint32_t, kBlowfishWords> words_ = kBlowfishPi;
};

}  // namespace segue
