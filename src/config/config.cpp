#include "segue/config/config.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <string_view>

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

std::string Config::version(const std::vector<std::string>& named) const {
  const ServiceConfig* first = nullptr;
  for (const ServiceConfig& service : services) {
    if (!named.empty() && std::ranges::find(named, service.name) == named.end()) continue;
    if (first == nullptr || (service.build && !first->build)) first = &service;
  }
  if (first == nullptr) return "untagged";
  const size_t colon = first->image.rfind(':');
  return colon == std::string::npos ? "untagged" : first->image.substr(colon + 1);
}

// Of those whose dependencies are all in, the first of the file is next. One of a circle never is.
std::vector<const ServiceConfig*> Config::services_in_order() const {
  std::map<std::string_view, std::vector<size_t>> needed_by;  // indices of services
  std::vector<size_t> waits_for(services.size());
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> next;
  for (size_t i = 0; i < services.size(); ++i) {
    for (const Dependency& on : services[i].depends_on) needed_by[on.service].push_back(i);
    waits_for[i] = services[i].depends_on.size();
    if (waits_for[i] == 0) next.push(i);
  }
  std::vector<const ServiceConfig*> ordered;
  while (!next.empty()) {
    ordered.push_back(&services[next.top()]);
    next.pop();
    for (const size_t i : needed_by[ordered.back()->name])
      if (--waits_for[i] == 0) next.push(i);
  }
  return ordered;
}

}  // namespace segue
