#include "segue/base/sha256.hpp"

#include "segue/base/check.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace segue {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string hex(const Digest& digest, unsigned int length) {
  std::string text;
  for (unsigned int i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace

std::string sha256_hex(std::string_view data) {
  Digest digest{};
  unsigned int length = 0;
  const int ok =
      EVP_Digest(data.data(), data.size(), digest.data(), &length, EVP_sha256(), nullptr);
  CHECK(ok == 1, "SHA-256 always works");
  return hex(digest, length);
}

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
  EVP_MD_CTX* context;
};

Sha256::Sha256() : state_(std::make_shared<State>()) {
  CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1, "SHA-256 always works");
}

void Sha256::update(std::string_view data) {
  CHECK(EVP_DigestUpdate(state_->context, data.data(), data.size()) == 1, "SHA-256 always works");
}

std::string Sha256::hex() {
  Digest digest{};
  unsigned int length = 0;
  CHECK(EVP_DigestFinal_ex(state_->context, digest.data(), &length) == 1, "SHA-256 always works");
  return segue::hex(digest, length);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view data) {
  Digest digest{};
  unsigned int length = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  const unsigned char* ok = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes,
                                 data.size(), digest.data(), &length);
  CHECK(ok != nullptr, "HMAC always works");
  return hex(digest, length);
}

}  // namespace segue
