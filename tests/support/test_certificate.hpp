// Certificates for tests, made on the spot: no key lies in the repository.
//   const auto made = make_certificate({"shop.example.com"}, 0, 100);    seconds since 1970
//   made.certificate, made.key      as PEM
#pragma once
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string>
#include <vector>

namespace segue {

struct TestCertificate {
  std::string certificate;
  std::string key;
};

inline std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

inline TestCertificate make_certificate(const std::vector<std::string>& names, long long from,
                                        long long until) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  ASN1_TIME_set(X509_getm_notBefore(made), static_cast<time_t>(from));
  ASN1_TIME_set(X509_getm_notAfter(made), static_cast<time_t>(until));
  X509_set_pubkey(made, key);
  const std::string issuer = "Test Authority";
  X509_NAME_add_entry_by_txt(X509_get_issuer_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(issuer.c_str()), -1, -1, 0);
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "DNS:" : ",DNS:") + name;
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, all.c_str());
  X509_add_ext(made, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(made, key, EVP_sha256());
  BIO* certificate_text = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_text, made);
  BIO* key_text = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_text, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(made);
  EVP_PKEY_free(key);
  return {text_of(certificate_text), text_of(key_text)};
}

}  // namespace segue
