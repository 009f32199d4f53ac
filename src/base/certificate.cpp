#include "segue/base/certificate.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>
#include <memory>

namespace segue {
namespace {

template <class T, auto kFree>
struct Freed {
  struct Deleter {
    void operator()(T* pointer) const { kFree(pointer); }
  };
  using Pointer = std::unique_ptr<T, Deleter>;
};
using X509Pointer = Freed<X509, X509_free>::Pointer;
using KeyPointer = Freed<EVP_PKEY, EVP_PKEY_free>::Pointer;
using BioPointer = Freed<BIO, BIO_free_all>::Pointer;

BioPointer bio_of(std::string_view text) {
  return BioPointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without this, libcrypto would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

X509Pointer next_certificate(BIO* bio) {
  X509Pointer certificate(PEM_read_bio_X509(bio, nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return certificate;
}

KeyPointer key_of(std::string_view text) {
  const BioPointer bio = bio_of(text);
  KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return key;
}

constexpr long long kSecondsOfDay = 86'400;

long long seconds(const ASN1_TIME* time) {
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch(ASN1_TIME_set(nullptr, 0),
                                                                    ASN1_TIME_free);
  int days = 0;
  int rest = 0;
  if (ASN1_TIME_diff(&days, &rest, epoch.get(), time) != 1) return 0;
  return days * kSecondsOfDay + rest;
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS) continue;
    const ASN1_IA5STRING* text = name->d.dNSName;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<size_t>(ASN1_STRING_length(text)));
  }
  GENERAL_NAMES_free(all);
  return names;
}

std::string issuer_of(const X509* certificate) {
  std::array<char, 256> text{};
  const X509_NAME* name = X509_get_issuer_name(certificate);
  for (const int part : {NID_commonName, NID_organizationName})
    if (X509_NAME_get_text_by_NID(name, part, text.data(), text.size()) > 0) return text.data();
  return {};
}

std::string day_of(long long time) {
  const std::chrono::sys_days date{std::chrono::days(time / kSecondsOfDay)};
  const std::chrono::year_month_day parts(date);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(parts.year()),
                     static_cast<unsigned>(parts.month()), static_cast<unsigned>(parts.day()));
}

Result<> check_dates(const X509* certificate, long long now) {
  const long long from = seconds(X509_get0_notBefore(certificate));
  const long long until = seconds(X509_get0_notAfter(certificate));
  if (until < now)
    return fail(Code::usage, fmt::format("the certificate has expired on {}", day_of(until)),
                "renew it and put the new one there");
  if (from > now)
    return fail(Code::usage, fmt::format("the certificate is valid from {} on only", day_of(from)),
                "is the clock of this machine right?");
  return {};
}

}  // namespace

Result<Certificate> read_certificate(std::string_view pem) {
  const X509Pointer found = next_certificate(bio_of(pem).get());
  if (!found)
    return fail(Code::usage, "there is no certificate in it",
                "PEM is wanted: -----BEGIN CERTIFICATE----- and so on");
  return Certificate{names_of(found.get()), issuer_of(found.get()),
                     seconds(X509_get0_notBefore(found.get())),
                     seconds(X509_get0_notAfter(found.get()))};
}

Result<> check_certificate(const Secret& chain, const Secret& key,
                           const std::vector<std::string>& names, long long now) {
  const X509Pointer leaf = next_certificate(bio_of(chain.reveal()).get());
  if (!leaf)
    return fail(Code::usage, "there is no certificate in it",
                "PEM is wanted, in quotes in .env: \"-----BEGIN CERTIFICATE----- and so on");
  const KeyPointer own = key_of(key.reveal());
  if (!own)
    return fail(Code::usage, "the key is no private key",
                "PEM is wanted, without a passphrase: -----BEGIN PRIVATE KEY----- and so on");
  const bool fits = X509_check_private_key(leaf.get(), own.get()) == 1;
  ERR_clear_error();
  if (!fits)
    return fail(Code::usage, "the key does not belong to the certificate",
                "the certificate itself comes first, then those in between");
  TRY(check_dates(leaf.get(), now));
  for (const std::string& name : names)
    if (X509_check_host(leaf.get(), name.data(), name.size(), 0, nullptr) != 1)
      return fail(Code::usage,
                  fmt::format("the certificate is not made out to {}, but to {}", name,
                              visible(join(names_of(leaf.get()), ", "))),
                  "one that names every `host` is needed");
  return {};
}

}  // namespace segue
