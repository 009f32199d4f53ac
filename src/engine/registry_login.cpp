#include "segue/engine/registry_login.hpp"

#include "segue/base/base64.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr std::string_view kFile = R"({{"auths":{{"{}":{{"auth":"{}"}}}}}})";

// Docker Hub's has a name of its own there, which both clients know.
std::string key_of(const std::string& host) {
  return host == "docker.io" ? "https://index.docker.io/v1/" : host;
}

}  // namespace

std::string lent_credentials(const std::string& host) {
  return fmt::format("{} of {}", kRegistryCredentials, host);
}

Secret registry_credentials(const RegistryLogin& login, const Secret& password) {
  return Secret(encode_base64(login.username + ":" + password.reveal()));
}

std::string credentials_file(const RegistryLogin& login, const Secret& credentials) {
  return fmt::format(kFile, key_of(login.host), credentials.reveal());
}

// printf is the shell's own: no argument list holds the value.
ShellText write_credentials(const RegistryLogin& login) {
  const std::string file = fmt::format(kFile, key_of(login.host), "|");
  const size_t at = file.find('|');
  ShellText text("printf '%s'");
  text.word(file.substr(0, at)).raw(" ").secret_value(login.credentials);
  return text.word(file.substr(at + 1));
}

}  // namespace segue
