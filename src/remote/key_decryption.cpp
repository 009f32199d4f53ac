#include "key_decryption.hpp"

#include "bcrypt.hpp"
#include "openssh_key.hpp"
#include "wire.hpp"

#include "segue/base/text.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>

namespace segue {
namespace {

constexpr uint32_t kMostRounds = 1024;  // ssh-keygen's default is 16, or 24
constexpr const char* kWrong = "does not open with this passphrase";

struct Cipher {
  std::string_view name;
  const EVP_CIPHER* (*make)();
  size_t tag_length;
};
constexpr Cipher kCiphers[] = {
    {"aes256-ctr", EVP_aes_256_ctr, 0},
    {"aes192-ctr", EVP_aes_192_ctr, 0},
    {"aes128-ctr", EVP_aes_128_ctr, 0},
    {"aes256-cbc", EVP_aes_256_cbc, 0},
    {"aes192-cbc", EVP_aes_192_cbc, 0},
    {"aes128-cbc", EVP_aes_128_cbc, 0},
    {"3des-cbc", EVP_des_ede3_cbc, 0},
    {"aes256-gcm@openssh.com", EVP_aes_256_gcm, 16},
    {"aes128-gcm@openssh.com", EVP_aes_128_gcm, 16},
};

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Nothing when a cipher that proves itself does not.
std::optional<std::string> decrypt(const Cipher& cipher, const OpensshKey& key,
                                   const std::string& secrets) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  const auto key_length = static_cast<size_t>(EVP_CIPHER_key_length(cipher.make()));
  const std::string vector = secrets.substr(key_length);
  std::string clear(key.private_part.size() + EVP_MAX_BLOCK_LENGTH, '\0');
  auto* out = reinterpret_cast<unsigned char*>(clear.data());
  int length = 0;
  int rest = 0;
  if (EVP_DecryptInit_ex(context.get(), cipher.make(), nullptr, bytes_of(secrets),
                         bytes_of(vector)) != 1)
    return std::nullopt;
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  std::string tag = key.tag;
  if (cipher.tag_length > 0 && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
                                                   static_cast<int>(tag.size()), tag.data()) != 1)
    return std::nullopt;
  const bool done = EVP_DecryptUpdate(context.get(), out, &length, bytes_of(key.private_part),
                                      static_cast<int>(key.private_part.size())) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), out + length, &rest) == 1;
  if (!done) return std::nullopt;
  clear.resize(static_cast<size_t>(length) + static_cast<size_t>(rest));
  return clear;
}

// Two equal numbers in front say that it was the right passphrase.
bool begins_with_check(const std::string& clear) {
  WireReader reader(clear);
  const auto one = reader.number();
  const auto other = reader.number();
  return one && other && *one == *other;
}

Result<Secret> decrypt_openssh_key(const Secret& text, const Secret& passphrase) {
  std::optional<OpensshKey> key = parse_openssh_key(text.reveal());
  if (!key) return fail(Code::failed, "is damaged");
  if (key->cipher == "none") return text;
  const auto* const cipher =
      std::find_if(std::begin(kCiphers), std::end(kCiphers),
                   [&](const Cipher& candidate) { return candidate.name == key->cipher; });
  if (cipher == std::end(kCiphers) || key->derivation != "bcrypt")
    return fail(Code::failed, fmt::format("is encrypted with {} (put it into the agent: ssh-add)",
                                          visible(key->cipher)));
  WireReader options(key->derivation_options);
  const auto salt = options.string();
  const auto rounds = options.number();
  if (!salt || salt->empty() || !rounds || *rounds == 0 || *rounds > kMostRounds ||
      key->tag.size() != cipher->tag_length)
    return fail(Code::failed, "is damaged");
  if (passphrase.empty()) return fail(Code::failed, kWrong);
  const EVP_CIPHER* const algorithm = cipher->make();
  const auto length = static_cast<size_t>(EVP_CIPHER_key_length(algorithm)) +
                      static_cast<size_t>(EVP_CIPHER_iv_length(algorithm));
  const std::optional<std::string> clear =
      decrypt(*cipher, *key, bcrypt_key(passphrase.reveal(), *salt, *rounds, length));
  if (!clear || !begins_with_check(*clear)) return fail(Code::failed, kWrong);
  key->cipher = "none";
  key->derivation = "none";
  key->derivation_options.clear();
  key->private_part = *clear;
  key->tag.clear();
  return Secret(print_openssh_key(*key));
}

int give_passphrase(char* buffer, int size, int /*for_writing*/, void* passphrase) {
  const std::string& text = static_cast<const Secret*>(passphrase)->reveal();
  const size_t length = std::min(text.size(), static_cast<size_t>(size));
  text.copy(buffer, length);
  return static_cast<int>(length);
}

Result<Secret> decrypt_pem(const Secret& text, const Secret& passphrase) {
  const std::string& bytes = text.reveal();
  const Memory in(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  void* given = const_cast<void*>(static_cast<const void*>(&passphrase));  // NOLINT: C's callback
  const PrivateKey key(PEM_read_bio_PrivateKey(in.get(), nullptr, give_passphrase, given));
  ERR_clear_error();
  if (!key) return fail(Code::failed, kWrong);
  const Memory out(BIO_new(BIO_s_mem()));
  // The old form of RSA and EC keys is the one that every version of libssh2 reads.
  const bool written =
      EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519
          ? PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr)
          : PEM_write_bio_PrivateKey_traditional(out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                                 nullptr);
  char* data = nullptr;
  const long length = BIO_get_mem_data(out.get(), &data);  // NOLINT: OpenSSL's type
  if (!written || length <= 0) return fail(Code::failed, "is of a kind that cannot be used");
  return Secret(std::string(data, static_cast<size_t>(length)));
}

}  // namespace

Result<Secret> decrypt_private_key(const Secret& text, const Secret& passphrase) {
  return is_openssh_key(text.reveal()) ? decrypt_openssh_key(text, passphrase)
                                       : decrypt_pem(text, passphrase);
}

}  // namespace segue
