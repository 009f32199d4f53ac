// X.509 certificates and their private keys as PEM text, by libcrypto: what a certificate says, and
// whether a pair of them can be served. The time is the caller's, in seconds since 1970. Errors say
// what is wrong with "the certificate" or "the key" and never show any of it.
//   const auto info = read_certificate(pem);            // info->names, info->not_after
//   TRY(check_certificate(chain, key, {"shop.example.com"}, now_seconds()));
#pragma once
#include "segue/base/result.hpp"
#include "segue/base/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct Certificate {
  std::vector<std::string> names;  // DNS names that it is made out to
  std::string issuer;              // common name of who signed it, or organization
  long long not_before = 0;
  long long not_after = 0;
};

// The first certificate of the text.
Result<Certificate> read_certificate(std::string_view pem);

// The chain's first certificate is valid now, made out to each of the names, and the key is its
// own.
Result<> check_certificate(const Secret& chain, const Secret& key,
                           const std::vector<std::string>& names, long long now);

}  // namespace segue
