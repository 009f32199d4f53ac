#include "cross_check.hpp"

#include "segue/base/edit_distance.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace segue {
namespace {

constexpr size_t kMostServices = 500;  // each is compared with all that share a host

std::string place(const SourceSpan& at) {
  return fmt::format("{}:{}", at.file, at.line);
}

bool same_place(const SourceSpan& a, const SourceSpan& b) {
  return a.line == b.line && a.column == b.column;
}

bool is_every_address(const std::string& address) {
  return address.empty() || address == "0.0.0.0" || address == "[::]" || address == "::";
}

bool same_port(const PortConfig& a, const PortConfig& b) {
  return a.host_port && a.host_port == b.host_port && a.protocol == b.protocol &&
         (a.address == b.address || is_every_address(a.address) || is_every_address(b.address));
}

class CrossCheck {
 public:
  CrossCheck(const Config& config, Problems& problems) : config_(config), problems_(problems) {
    if (too_many()) return;
    for (size_t i = 0; i < config_.services.size(); ++i) {
      const ServiceConfig& service = config_.services[i];
      names_.push_back(container_names(service));
      known_.insert(service.name);
      for (const std::string& host : service.hosts) on_host_[host].push_back(i);
      for (const ServiceConfig& route : routes_of(service)) {
        if (!route.route || !route.route->ssl) continue;
        for (const std::string& name : route.route->hosts)
          certificate_hosts_[name].insert(service.hosts.begin(), service.hosts.end());
      }
    }
  }

  void run() {
    if (too_many()) {
      problems_.add(config_.services.back().at, fmt::format("more than {} services", kMostServices),
                    "use several projects");
      return;
    }
    for (size_t i = 0; i < config_.services.size(); ++i) {
      const ServiceConfig& service = config_.services[i];
      own_ports(service);
      own_names(i);
      own_network(service);
      own_routes(service);
      dependencies(service);
      for (const size_t j : earlier_neighbours(i)) {
        const ServiceConfig& earlier = config_.services[j];
        ports_between(earlier, service);
        names_between(j, i);
        for (const ServiceConfig& a : routes_of(earlier))
          for (const ServiceConfig& b : routes_of(service)) {
            servers_between(a, b);
            routes_between(a, b);
          }
      }
    }
    circles();
  }

 private:
  bool too_many() const { return config_.services.size() > kMostServices; }

  // The services before this one that share a host with it.
  std::set<size_t> earlier_neighbours(size_t index) const {
    std::set<size_t> neighbours;
    for (const std::string& host : config_.services[index].hosts)
      for (const size_t other : on_host_.at(host))
        if (other < index) neighbours.insert(other);
    return neighbours;
  }

  // A range is many ports at one place: the first that is wrong says enough.
  void own_ports(const ServiceConfig& service) {
    const std::vector<PortConfig> ports = service.all_ports();
    const PortConfig* wrong = nullptr;
    for (size_t i = 0; i < ports.size(); ++i) {
      const PortConfig& port = ports[i];
      if (wrong != nullptr && same_place(wrong->at, port.at)) continue;
      const size_t before = problems_.count();
      const auto end = ports.begin() + static_cast<std::ptrdiff_t>(i);
      const auto same = [&](const PortConfig& other) { return same_port(other, port); };
      if (port.host_port && std::find_if(ports.begin(), end, same) != end)
        problems_.add(port.at, fmt::format("host port {} is published twice", *port.host_port),
                      "remove one");
      i < service.ports.size() ? own_port(service, port) : port_of_proxy(port);
      wrong = problems_.count() > before ? &port : nullptr;
    }
  }

  void own_port(const ServiceConfig& service, const PortConfig& port) {
    const int host_port = port.host_port.value_or(0);
    if (host_port == 0) return;
    if (service.replicas > 1)
      problems_.add(
          port.at,
          fmt::format("{} replicas cannot all have host port {}", service.replicas, host_port),
          "set `replicas: 1`, or remove the port and use `proxy`");
    if (service.route && !service.stop_first.value_or(false)) {
      problems_.add(port.at,
                    fmt::format("host port {} cannot belong to the old and the new container of "
                                "\"{}\" at once",
                                host_port, service.name),
                    fmt::format("write \"{}\" so that it is not published, or set `stop_first: "
                                "true` for a gap in between",
                                port.container_port));
    } else {
      against_proxy(service, port, host_port);
    }
  }

  // One that leads to a service alone (rules E3) is another server in the proxy's container.
  void port_of_proxy(const PortConfig& port) {
    constexpr std::array kTaken{80, 443, 2019, 2020, 2029, 2030};
    const int number = port.container_port;
    if (number == config_.proxy.http_port || std::ranges::count(kTaken, number) == 0) {
      if (number != config_.proxy.https_port) return;
    }
    problems_.add(
        port.at, fmt::format("port {} can't lead to the service alone: the proxy needs it", number),
        fmt::format("write \"{}\" so that it is not published", number));
  }

  void against_proxy(const ServiceConfig& service, const PortConfig& port, int host_port) {
    const bool proxys = port.protocol == "tcp" && (host_port == config_.proxy.http_port ||
                                                   host_port == config_.proxy.https_port);
    if (!proxys) return;
    std::set<size_t> routed;
    for (const std::string& host : service.hosts)
      for (const size_t other : on_host_.at(host))
        if (config_.services[other].route) routed.insert(other);
    if (routed.empty()) return;
    problems_.add(port.at,
                  fmt::format("host port {} belongs to the proxy, which serves \"{}\"", host_port,
                              config_.services[*routed.begin()].name),
                  "take another one, or change `proxy.http_port` and `proxy.https_port`");
  }

  void ports_between(const ServiceConfig& earlier, const ServiceConfig& service) {
    const PortConfig* wrong = nullptr;
    const std::vector<PortConfig> ports = service.all_ports();
    const std::vector<PortConfig> taken = earlier.all_ports();
    for (const PortConfig& port : ports) {
      if (wrong != nullptr && same_place(wrong->at, port.at)) continue;
      const auto same = [&](const PortConfig& other) { return same_port(other, port); };
      const auto other = std::ranges::find_if(taken, same);
      if (other == taken.end()) continue;
      wrong = &port;
      problems_.add(port.at,
                    fmt::format("host port {} is also published by \"{}\" on the same host",
                                port.host_port.value_or(0), earlier.name),
                    fmt::format("the other one is at {}", place(other->at)));
    }
  }

  // What the proxy publishes is one server of it, whatever the address.
  void servers_between(const ServiceConfig& earlier, const ServiceConfig& service) {
    if (!earlier.route || !service.route) return;
    for (const PortConfig& a : earlier.route->ports)
      for (const PortConfig& b : service.route->ports)
        if (a.host_port == b.host_port && !same_port(a, b))
          problems_.add(b.at,
                        fmt::format("the proxy serves port {} for \"{}\" already", b.container_port,
                                    earlier.name),
                        fmt::format("the other one is at {}", place(a.at)));
  }

  void dependencies(const ServiceConfig& service) {
    std::set<std::string_view> seen;
    for (const Dependency& on : service.depends_on) {
      if (!seen.insert(on.service).second)
        problems_.add(on.at, fmt::format("\"{}\" is named twice", on.service), "remove one");
      if (known_.contains(on.service)) continue;
      std::vector<std::string> names;
      for (const ServiceConfig& other : config_.services) names.push_back(other.name);
      const auto meant = problems_.may_suggest() ? nearest(on.service, names) : std::nullopt;
      problems_.add(on.at, fmt::format("there is no service \"{}\"", on.service),
                    meant ? fmt::format("did you mean \"{}\"?", *meant)
                          : fmt::format("known: {}", fmt::join(names, ", ")));
    }
  }

  // Each circle is told once, at the entry that closes it.
  void circles() {
    std::set<std::string> done;
    for (const ServiceConfig& service : config_.services) {
      std::vector<std::string> path;
      walk(service, path, done);
    }
  }

  void walk(const ServiceConfig& service, std::vector<std::string>& path,
            std::set<std::string>& done) {
    if (done.contains(service.name)) return;
    path.push_back(service.name);
    for (const Dependency& on : service.depends_on) {
      const ServiceConfig* next = config_.service(on.service);
      const auto first = std::ranges::find(path, on.service);
      if (first != path.end()) {
        problems_.add(on.at,
                      path.back() == on.service
                          ? fmt::format("\"{}\" depends on itself", on.service)
                          : fmt::format("services depend on each other in a circle: {} -> {}",
                                        fmt::join(first, path.end(), " -> "), on.service),
                      "remove one of these dependencies");
      } else if (next != nullptr) {
        walk(*next, path, done);
      }
    }
    path.pop_back();
    done.insert(service.name);
  }

  std::vector<std::string> container_names(const ServiceConfig& service) const {
    std::string live = config_.project + "-";
    if (!config_.environment.empty()) live += config_.environment + "-";
    live += service.name;
    std::vector<std::string> names{live};
    for (int replica = 2; replica <= service.replicas; ++replica)
      names.push_back(fmt::format("{}-{}", live, replica));
    return names;
  }

  void own_names(size_t index) {
    constexpr std::string_view kProxy = "segue-proxy";
    const ServiceConfig& service = config_.services[index];
    if (std::ranges::count(names_[index], kProxy) != 0)
      problems_.add(service.at,
                    fmt::format("a container of \"{}\" would be called {}", service.name, kProxy),
                    "that is the proxy's own name: rename the service");
  }

  // Its network would end with the container that the next deploy replaces (rules D10).
  void own_network(const ServiceConfig& service) {
    const std::string& mode = service.options.network_mode;
    const size_t colon = mode.find(':');
    if (colon == std::string::npos) return;
    const std::string name = mode.substr(colon + 1);
    const bool is_ours = known_.contains(name) ||
                         std::ranges::any_of(names_, [&](const std::vector<std::string>& names) {
                           return std::ranges::count(names, name) != 0;
                         });
    if (name == "segue-proxy" || is_ours)
      problems_.add(service.options.network_at,
                    fmt::format("the container {} is segue's own: it is replaced by deploys, and "
                                "its network ends with it",
                                name),
                    "remove `network_mode`: services of a project reach each other by name");
  }

  void names_between(size_t earlier_index, size_t index) {
    const ServiceConfig& earlier = config_.services[earlier_index];
    const ServiceConfig& service = config_.services[index];
    if (!earlier.name.starts_with(service.name) && !service.name.starts_with(earlier.name)) return;
    const std::vector<std::string>& taken = names_[earlier_index];
    const std::vector<std::string>& own = names_[index];
    const auto clash = std::ranges::find_first_of(own, taken);
    if (clash != own.end())
      problems_.add(service.at,
                    fmt::format("\"{}\" and \"{}\" would both have a container called {}",
                                earlier.name, service.name, *clash),
                    "rename one of the services");
  }

  // The service once for each of its routes; most have one at most.
  const std::vector<ServiceConfig>& routes_of(const ServiceConfig& service) {
    const auto [it, fresh] = routes_of_.try_emplace(service.name);
    if (fresh) it->second = service.by_route();
    return it->second;
  }

  void own_routes(const ServiceConfig& service) {
    const auto& routes = routes_of(service);
    for (size_t i = 0; i < routes.size(); ++i) {
      one_host_per_certificate(routes[i]);
      for (size_t j = 0; j < i; ++j) routes_between(routes[j], routes[i]);
    }
  }

  static std::string both(const ServiceConfig& earlier, const ServiceConfig& service) {
    return earlier.name == service.name
               ? fmt::format("two targets of \"{}\" both", service.name)
               : fmt::format("\"{}\" and \"{}\" both", earlier.name, service.name);
  }

  void routes_between(const ServiceConfig& earlier, const ServiceConfig& service) {
    if (!earlier.route || !service.route) return;
    certificates_between(earlier, service);
    const RouteConfig& a = *earlier.route;
    const RouteConfig& b = *service.route;
    if (a.path_prefix != b.path_prefix) return;
    const std::string path = b.path_prefix.empty() ? "" : fmt::format(" with {}", b.path_prefix);
    const std::string hint = fmt::format(
        "the other one is at {}; give one of them another `host` or `path_prefix`", place(a.at));
    if (a.hosts.empty() && b.hosts.empty())
      problems_.add(b.at, fmt::format("{} take every host name{}", both(earlier, service), path),
                    hint);
    for (const std::string& host : b.hosts)
      if (std::ranges::count(a.hosts, host) != 0)
        problems_.add(b.at, fmt::format("{} take {}{}", both(earlier, service), host, path), hint);
  }

  // Each host would ask for the same certificate, and the authority reaches only one (rules D6).
  void one_host_per_certificate(const ServiceConfig& service) {
    if (!service.route || !service.route->ssl || !service.route->ssl->is_automatic()) return;
    for (const std::string& name : service.route->hosts) {
      const std::set<std::string>& servers = certificate_hosts_.at(name);
      if (servers.size() < 2) continue;
      problems_.add(
          service.route->ssl->at,
          fmt::format("`ssl: true` for {} on several hosts ({}) needs own certificates or a DNS "
                      "challenge",
                      name, join({servers.begin(), servers.end()}, ", ")),
          "write `ssl: {certificate_pem: NAME, private_key_pem: NAME}`, names of secrets; a DNS "
          "challenge does not work yet");
    }
  }

  // One name is served by one certificate, or by none: it is chosen before any path is known.
  void certificates_between(const ServiceConfig& earlier, const ServiceConfig& service) {
    if (!earlier.route || !service.route || earlier.route->ssl == service.route->ssl) return;
    for (const std::string& name : service.route->hosts)
      if (std::ranges::count(earlier.route->hosts, name) != 0)
        problems_.add(service.route->ssl ? service.route->ssl->at : service.route->at,
                      fmt::format("`ssl` of {} differs between \"{}\" and \"{}\"", name,
                                  earlier.name, service.name),
                      fmt::format("one name has one certificate; the other one is at {}",
                                  place(earlier.route->at)));
  }

  const Config& config_;
  Problems& problems_;
  std::vector<std::vector<std::string>> names_;  // of the containers, by index of the service
  std::set<std::string_view> known_;
  std::map<std::string_view, std::vector<size_t>> on_host_;  // indices of services
  std::map<std::string_view, std::set<std::string>> certificate_hosts_;
  std::map<std::string, std::vector<ServiceConfig>> routes_of_;
};

}  // namespace

void cross_check(const Config& config, Problems& problems) {
  CrossCheck(config, problems).run();
}

}  // namespace segue
