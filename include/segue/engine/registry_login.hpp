// The credentials of a registry, as docker's and podman's clients read them: a file of our own that
// is there for one command, and never the user's. Its values are secrets by the names below.
#pragma once
#include "segue/base/secret.hpp"
#include "segue/script/shell_text.hpp"

#include <string>
#include <vector>

namespace segue {

// Among the values of a project's secrets; no secret can be called so.
inline constexpr const char* kRegistryPassword = "registry password";
inline constexpr const char* kRegistryCredentials = "registry credentials";  // base64 of both

struct RegistryLogin {
  std::string host;  // "ghcr.io", "registry.example.com:5000"
  std::string username;
  std::string credentials = kRegistryCredentials;  // the name of the secret with both
};

// Of what is lent to that host alone: the name of such a secret.
std::string lent_credentials(const std::string& host);

Secret registry_credentials(const RegistryLogin& login, const Secret& password);

// The text of the file. It has an entry before a login too: without one Docker would look for the
// user's keyring and write there.
std::string credentials_file(const RegistryLogin& login, const Secret& credentials);
ShellText write_credentials(const RegistryLogin& login);  // the same, to a script's output

}  // namespace segue
