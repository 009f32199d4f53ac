#include "segue/model/identity.hpp"

#include "segue/base/sha256.hpp"

#include <fmt/format.h>

namespace segue {

std::string Identity::key() const {
  return environment.empty() ? project : project + "." + environment;
}

std::string Identity::network() const {
  return "segue-" + key();
}

std::string Identity::container_name(const std::string& service, int replica) const {
  std::string name = project + "-";
  if (!environment.empty()) name += environment + "-";
  name += service;
  return replica == 1 ? name : fmt::format("{}-{}", name, replica);
}

std::string retired_name(const std::string& live_name, const std::string& release) {
  return live_name + "_old_" + release;
}

std::string address_hash(const Identity& identity, const std::string& service) {
  return sha256_hex(identity.key() + "/" + service).substr(0, 12);
}

}  // namespace segue
