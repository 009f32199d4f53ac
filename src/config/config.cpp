#include "segue/config/config.hpp"

#include <algorithm>

namespace segue {

bool ServerConfig::is_local() const {
  return !user && !port && (host == "localhost" || host == "127.0.0.1" || host == "::1");
}

std::vector<ServiceConfig> ServiceConfig::by_route() const {
  std::vector<ServiceConfig> services(1 + more_routes.size(), *this);
  for (size_t i = 0; i < more_routes.size(); ++i) services[i + 1].route = more_routes[i];
  return services;
}

std::vector<PortConfig> ServiceConfig::all_ports() const {
  std::vector<PortConfig> all = ports;
  for (const ServiceConfig& one : by_route())
    if (one.route) all.insert(all.end(), one.route->ports.begin(), one.route->ports.end());
  return all;
}

const ServerConfig* Config::server(const std::string& name) const {
  const auto found = std::ranges::find(servers, name, &ServerConfig::name);
  return found == servers.end() ? nullptr : &*found;
}

const ServiceConfig* Config::service(const std::string& name) const {
  const auto found = std::ranges::find(services, name, &ServiceConfig::name);
  return found == services.end() ? nullptr : &*found;
}

std::vector<const ServiceConfig*> Config::services_in_order() const {
  std::vector<const ServiceConfig*> ordered;
  const auto is_in = [&](const std::string& name) {
    return std::ranges::find(ordered, name, &ServiceConfig::name) != ordered.end();
  };
  const auto is_next = [&](const ServiceConfig& service) {
    return !is_in(service.name) &&
           std::ranges::all_of(service.depends_on,
                               [&](const Dependency& on) { return is_in(on.service); });
  };
  while (true) {
    const auto next = std::ranges::find_if(services, is_next);
    if (next == services.end()) return ordered;
    ordered.push_back(&*next);
  }
}

}  // namespace segue
