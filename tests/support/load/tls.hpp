// How connections are made private: which authorities are trusted, and to whom a certificate must
// be made out. One for all connections; each gets a session of its own, none is ever resumed.
//
//   Tls tls;  tls.trust("ca.pem");                  // a text when that does not work
//   SSL* session = tls.session(fd, "shop.example.com");      // the caller frees it
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace segue {

class Tls {
 public:
  Tls();

  std::string trust(const std::string& file);  // empty, or why not
  SSL* session(int fd, const std::string& name) const;

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

// Why the last operation failed: "certificate has expired", "tlsv1 alert internal error".
std::string tls_error(const SSL* session);

}  // namespace segue
