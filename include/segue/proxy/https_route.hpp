// What makes a route HTTPS: where clients are sent, and whose certificate they are shown. The
// values of an own certificate are no part of it, only the names of the secrets that hold them.
#pragma once
#include <optional>
#include <string>

namespace segue {

// Who signs certificates on request (ACME).
struct CertificateAuthority {
  std::string directory;  // URL; empty: Let's Encrypt
  std::string email;      // contact; may be empty
  std::string root_pem;   // by which the directory itself is trusted; empty: as the image trusts
};

// One that the user brings. On the host it is two files, named by their content.
struct OwnCertificate {
  std::string name;  // "shop.web-0a1b2c3d4e5f6071", without ".pem" and ".key"
  std::string certificate_secret;
  std::string key_secret;
};

struct HttpsRoute {
  int port = 443;                     // of the host
  std::optional<OwnCertificate> own;  // absent: obtained from the authority
  CertificateAuthority authority;
};

}  // namespace segue
