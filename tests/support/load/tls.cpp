#include "tls.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <array>

namespace segue {

Tls::Tls() : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  // What is sent again may stand elsewhere in memory; an end without goodbye is an end like any.
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_options(context_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
}

std::string Tls::trust(const std::string& file) {
  if (SSL_CTX_load_verify_locations(context_.get(), file.c_str(), nullptr) == 1) return {};
  ERR_clear_error();
  return file + " has no certificates in it";
}

SSL* Tls::session(int fd, const std::string& name) const {
  SSL* session = SSL_new(context_.get());
  SSL_set_fd(session, fd);
  SSL_set_tlsext_host_name(session, name.c_str());
  SSL_set1_host(session, name.c_str());
  SSL_set_connect_state(session);
  return session;
}

std::string tls_error(const SSL* session) {
  const long verdict = SSL_get_verify_result(session);
  if (verdict != X509_V_OK) {
    ERR_clear_error();
    return X509_verify_cert_error_string(verdict);
  }
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

}  // namespace segue
