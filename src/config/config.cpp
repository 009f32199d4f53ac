#include "segue/config/config.hpp"

#include <algorithm>

namespace segue {

bool ServerConfig::is_local() const {
  return !user && !port && (host == "localhost" || host == "127.0.0.1" || host == "::1");
}

const ServerConfig* Config::server(const std::string& name) const {
  const auto found = std::ranges::find(servers, name, &ServerConfig::name);
  return found == servers.end() ? nullptr : &*found;
}

const ServiceConfig* Config::service(const std::string& name) const {
  const auto found = std::ranges::find(services, name, &ServiceConfig::name);
  return found == services.end() ? nullptr : &*found;
}

}  // namespace segue
