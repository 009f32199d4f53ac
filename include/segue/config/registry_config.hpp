// The registry that built images go through, and whose private images hosts pull. Plain data.
//   registry: {server: ghcr.io/acme, username: acme, password: REGISTRY_PASSWORD}
//   registry: {type: local}
#pragma once
#include "segue/base/duration.hpp"
#include "segue/base/source_span.hpp"

#include <set>
#include <string>
#include <vector>

namespace segue {

struct RegistryConfig {
  std::string server;    // "ghcr.io/acme", of a local one "127.0.0.1:31270"; empty: there is none
  int local_port = 0;    // of this machine's own registry, which hosts are lent; 0: it is another
  std::string username;  // empty: it wants none
  // Name of a secret, or a text made of secrets (secret_text.hpp); empty where a command prints it.
  std::string password;
  bool password_is_text = false;
  std::vector<std::string> password_command;
  Duration timeout{1'800'000};  // for one image, one way
  SourceSpan at;

  bool is_local() const { return local_port != 0; }
  // That hosts reach by themselves: else images travel through the SSH sessions.
  bool exists() const { return !server.empty() && !is_local(); }
  bool wants_login() const { return !username.empty(); }
  std::string host() const { return server.substr(0, server.find('/')); }  // "ghcr.io"
  bool holds(const std::string& image) const;  // by what its reference says
};

// The names of the secrets that its password is made of.
std::set<std::string> secrets_needed(const RegistryConfig& registry);

}  // namespace segue
