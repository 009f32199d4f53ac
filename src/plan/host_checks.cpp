#include "option_checks.hpp"

#include "segue/base/text.hpp"
#include "segue/plan/deploy_planner.hpp"
#include "segue/plan/live_set.hpp"
#include "segue/plan/service_containers.hpp"
#include "segue/plan/service_contents.hpp"
#include "segue/proxy/proxy_sections.hpp"
#include "segue/proxy/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

// Below these a deploy would likely fail in the middle. KiB.
constexpr long long kLeastStateKib = 16LL * 1024;
constexpr long long kLeastEngineKib = 128LL * 1024;

class Checks {
 public:
  explicit Checks(const PlanRequest& request)
      : request_(request), identity_(identity_of(request.config)) {}

  std::vector<Error> run() {
    same_machine_twice();
    for (const ServiceConfig& service : request_.config.services)
      if (takes_part(service.name)) dependencies(service);
    for (const auto& [host, facts] : request_.facts) {
      disk(facts);
      space(facts);
      engine(facts);
      architecture(facts);
      for (const ServiceConfig& service : request_.config.services) {
        const auto& hosts = service.hosts;
        if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) continue;
        if (!takes_part(service.name)) continue;
        names(facts, service);
        built(facts, service);
        runtime(facts, service);
        for (Error& error : check_options(facts, service)) errors_.push_back(std::move(error));
        low_ports(facts, service);
        ports(facts, service);
        ports_of_proxy(facts, service);
        volumes(facts, service);
        for (const ServiceConfig& route : service.by_route()) names_of_others(facts, route);
      }
      proxy_ports(facts);
      extra_names(facts);
    }
    return std::move(errors_);
  }

 private:
  bool takes_part(const std::string& service) const {
    const auto& services = request_.services;
    return services.empty() ||
           std::find(services.begin(), services.end(), service) != services.end();
  }

  // What -S leaves out is not repaired by this deploy, so it has to be in order.
  void dependencies(const ServiceConfig& service) {
    for (const Dependency& on : service.depends_on) {
      const ServiceConfig* needed = request_.config.service(on.service);
      if (takes_part(on.service)) continue;
      for (const std::string& host : needed->hosts) {
        const auto facts = request_.facts.find(host);
        if (facts == request_.facts.end()) continue;
        const LiveSet set = find_live_set(facts->second, identity_, on.service);
        const std::string trouble =
            set.live.empty() ? "nothing of it runs" : what_is_wrong(set, needed->replicas);
        if (!trouble.empty())
          add(host, fmt::format("{} depends on {}: {}", service.name, on.service, trouble),
              fmt::format("deploy both: -S {},{}", on.service, service.name));
      }
    }
  }

  void add(const std::string& host, std::string what, std::string hint) {
    errors_.push_back(Error{Code::failed, std::move(what), std::move(hint), {host}, {}});
  }

  // Podman's own requirements; without them a deploy would fail in its middle, or at the next boot.
  void engine(const HostFacts& facts) {
    if (facts.engine_kind != EngineKind::podman) return;
    if (facts.network_backend != "netavark")
      add(facts.host,
          fmt::format("Podman's network backend is {}: containers find nobody by name",
                      facts.network_backend),
          "install netavark and aardvark-dns, write network_backend = \"netavark\" under [network] "
          "in "
          "/etc/containers/containers.conf, then: podman system reset (it removes all containers)");
    if (facts.rootless && !facts.lingers)
      add(facts.host, "the user's containers would end with his last login: he does not linger",
          "as root, once: loginctl enable-linger USER");
  }

  void architecture(const HostFacts& facts) {
    const ServerConfig* server = request_.config.server(facts.host);
    if (server == nullptr || server->arch.empty() || server->arch == facts.architecture) return;
    add(facts.host,
        fmt::format("`arch` of {} is {}, but the host is {}", server->name, server->arch,
                    facts.architecture),
        fmt::format("write `arch: {}`, or remove it", facts.architecture));
  }

  // An image that is built here is in no registry, unless there is one to push it to.
  void built(const HostFacts& facts, const ServiceConfig& service) {
    const auto known = facts.images.find(service.image);
    if (!service.build || (known != facts.images.end() && known->second.present())) return;
    const BuildConfig& build = *service.build;
    if (build.image_for(facts.architecture) != nullptr) return;
    if (build.images.empty() && request_.config.builder.registry.exists()) return;
    if (build.images.empty())
      return add(
          facts.host,
          fmt::format("{} is neither on this host nor on the machine that deploys", service.image),
          "build it: segue deploy --build; or name a version that was: --version V");
    std::vector<std::string> made;
    for (const auto& [architecture, image] : build.images) made.push_back(architecture);
    add(facts.host,
        fmt::format("{} is built for {}, but this host is {}", service.image, join(made, " and "),
                    facts.architecture),
        fmt::format("build it for that: segue deploy --build asks the hosts; for segue build write "
                    "`arch: {}` at this server",
                    facts.architecture));
  }

  void low_port(const HostFacts& facts, int port, const std::string& whose) {
    if (port < facts.first_port)
      add(facts.host, fmt::format("rootless Podman may not listen on port {} of {}", port, whose),
          fmt::format("as root: sysctl -w net.ipv4.ip_unprivileged_port_start={} (and a file in "
                      "/etc/sysctl.d); or use a port from {} on",
                      port, facts.first_port));
  }

  void low_ports(const HostFacts& facts, const ServiceConfig& service) {
    for (const PortConfig& port : service.ports)
      if (port.host_port) low_port(facts, *port.host_port, service.name);
  }

  void runtime(const HostFacts& facts, const ServiceConfig& service) {
    if (!service.healthcheck || !service.healthcheck->command_runtime) return;
    const EngineKind wanted = *service.healthcheck->command_runtime;
    if (wanted != facts.engine_kind)
      add(facts.host,
          fmt::format("the health check of {} is for {}, but the engine here is {}", service.name,
                      to_string(wanted), to_string(facts.engine_kind)),
          "remove cmd_runtime, or set builder.engine");
  }

  void same_machine_twice() {
    std::map<std::string, std::string> seen;
    for (const auto& [host, facts] : request_.facts) {
      if (facts.machine_id.empty()) continue;
      const auto [it, fresh] = seen.emplace(facts.machine_id + facts.engine_id, host);
      if (!fresh)
        add(host, fmt::format("{} and {} are the same machine", it->second, host),
            "name each machine once under servers");
    }
  }

  void disk(const HostFacts& facts) {
    if (facts.free_kib < kLeastStateKib)
      add(facts.host,
          fmt::format("the disk of {} is full: {} KiB are free", facts.state_root,
                      with_thousands(facts.free_kib)),
          fmt::format("free some space: df -h; {} system df", to_string(facts.engine_kind)));
    else if (facts.engine_free_kib < kLeastEngineKib)
      add(facts.host,
          fmt::format("the disk of the engine is full: {} KiB are free",
                      with_thousands(facts.engine_free_kib)),
          fmt::format("free some space: {0} system df; {0} image prune",
                      to_string(facts.engine_kind)));
  }

  void space(const HostFacts& facts) {
    std::vector<const ServiceConfig*> services;
    for (const ServiceConfig& service : request_.config.services) {
      const auto& hosts = service.hosts;
      if (takes_part(service.name) &&
          std::find(hosts.begin(), hosts.end(), facts.host) != hosts.end())
        services.push_back(&service);
    }
    const auto needed = static_cast<long long>(missing_kib(services, facts));
    if (needed == 0 || facts.free_kib - needed >= kLeastStateKib) return;
    add(facts.host,
        fmt::format("the files that are sent need {} KiB, and {} are free for {}",
                    with_thousands(needed), with_thousands(facts.free_kib), facts.state_root),
        fmt::format("free some space: df -h; {} system df", to_string(facts.engine_kind)));
  }

  bool is_ours(const ContainerName& name, const std::string& service) const {
    return name.project == identity_.project && name.environment == identity_.environment &&
           name.service == service;
  }

  void names(const HostFacts& facts, const ServiceConfig& service) {
    for (int replica = 1; replica <= service.replicas; ++replica) {
      const std::string wanted = identity_.container_name(service.name, replica);
      for (const ContainerName& name : facts.names) {
        if (name.name != wanted || is_ours(name, service.name)) continue;
        const std::string whose = name.project.empty()
                                      ? "segue did not make it"
                                      : fmt::format("it belongs to project {}", name.project);
        add(facts.host, fmt::format("a container named {} is in the way: {}", wanted, whose),
            fmt::format("rename it: {0} rename {1} {1}-other", to_string(facts.engine_kind),
                        wanted));
      }
    }
  }

  void ports(const HostFacts& facts, const ServiceConfig& service) {
    for (const PortConfig& port : service.ports) {
      if (!port.host_port) continue;
      for (const PortFacts& used : facts.ports) {
        if (used.port != *port.host_port || used.protocol != port.protocol) continue;
        if (!used.container.empty() && is_service_container(facts, used.container, service.name))
          continue;
        add(facts.host,
            fmt::format("port {} of {} is taken by {}", used.port, service.name,
                        used.container.empty() ? "another process" : "container " + used.container),
            fmt::format("see who: ss -ltnp 'sport = :{}'; or choose another host port", used.port));
      }
    }
  }

  // Ports of the proxy that lead to this service alone.
  void ports_of_proxy(const HostFacts& facts, const ServiceConfig& service) {
    for (const ServiceConfig& one : service.by_route())
      for (const ProxyPort& port : proxied_service(request_.config, one, 1, 1).ports)
        port_of_proxy(facts, service, port);
  }

  void port_of_proxy(const HostFacts& facts, const ServiceConfig& service, const ProxyPort& port) {
    low_port(facts, port.port, service.name);
    for (const PortFacts& used : facts.ports) {
      if (used.port != port.port || used.protocol != "tcp" || used.container == kProxyName)
        continue;
      const bool own = is_service_container(facts, used.container, service.name);
      add(facts.host,
          fmt::format("port {} of {} is taken by {}, so the proxy can't serve it", port.port,
                      service.name,
                      used.container.empty() ? "another process" : "container " + used.container),
          own ? "deploy once without this port, so that the container gives it up"
              : fmt::format("see who: ss -ltnp 'sport = :{}'; or leave it out of `ports`",
                            port.port));
    }
    for (const auto& [file, other] : facts.proxy.routes) {
      const bool ours = !service_of_route(file, identity_).empty();
      const auto same = [&](const ProxyPort& taken) { return taken.port == port.port; };
      if (!ours && std::any_of(other.ports.begin(), other.ports.end(), same))
        add(facts.host,
            fmt::format("port {} of {} belongs to {} already", port.port, service.name,
                        owner_of_route(file)),
            "leave it out of one of them");
    }
  }

  bool is_service_container(const HostFacts& facts, const std::string& container,
                            const std::string& service) const {
    return std::any_of(facts.names.begin(), facts.names.end(), [&](const ContainerName& name) {
      return name.name == container && is_ours(name, service);
    });
  }

  void volumes(const HostFacts& facts, const ServiceConfig& service) {
    for (const VolumeConfig& volume : service.volumes) {
      if (volume.source.starts_with("./") && facts.login_home.empty())
        add(facts.host,
            fmt::format("{} of {} is below the home of the login, who has none here", volume.source,
                        service.name),
            "write the absolute path");
      for (const VolumeFacts& there : facts.volumes) {
        const bool foreign = !there.project.empty() && (there.project != identity_.project ||
                                                        there.environment != identity_.environment);
        if (volume.named && there.name == volume.source && foreign)
          add(facts.host,
              fmt::format("the volume {} belongs to project {}", there.name, there.project),
              "choose another name for the volume");
      }
    }
  }

  // Two projects that claim one name would take requests from each other, by the order of files.
  void names_of_others(const HostFacts& facts, const ServiceConfig& service) {
    if (!is_routed(service) || !service.route) return;
    const RouteConfig& route = *service.route;
    const std::vector<std::string> everything{"*"};
    for (const std::string& name : route.hosts.empty() ? everything : route.hosts) {
      for (const auto& [file, other] : facts.proxy.routes) {
        const bool ours = !service_of_route(file, identity_).empty();
        if (!ours && holds_extra_routes(file) && name != "*")
          extra_name(facts, name, fmt::format("{} of {}", name, service.name), file);
        if (ours || holds_extra_routes(file) ||
            std::find(other.names.begin(), other.names.end(), name) == other.names.end())
          continue;
        const std::string owner = owner_of_route(file);
        const std::string shown = name == "*" ? "every host name" : name;
        if (other.path == route.path_prefix)
          add(facts.host, fmt::format("{} of {} belongs to {} already", shown, service.name, owner),
              "give one of them another `host` or `path_prefix`, or remove the other one");
        else if (other.https != route.ssl.has_value())
          add(facts.host,
              fmt::format("{} of {} is {}, but {} serves it {}", shown, service.name,
                          route.ssl ? "HTTPS" : "plain HTTP", owner,
                          other.https ? "by HTTPS" : "by plain HTTP"),
              "one name is served in one way: give both the same `ssl`");
      }
    }
  }

  // Raw routes come first: they would take all requests of a name, whatever its path.
  void extra_names(const HostFacts& facts) {
    if (!uses_proxy(facts)) return;
    for (const std::string& route : request_.config.proxy.extra)
      for (const std::string& name : taken_names(route))
        for (const auto& [file, other] : facts.proxy.routes)
          if (service_of_route(file, identity_).empty())
            extra_name(facts, name, fmt::format("{} of {}", name, kExtraKey), file);
  }

  void extra_name(const HostFacts& facts, const std::string& name, const std::string& shown,
                  const std::string& file) {
    const std::vector<std::string>& taken = facts.proxy.routes.at(file).names;
    if (std::any_of(taken.begin(), taken.end(), [&](const std::string& other) {
          return other != "*" && names_meet(name, other);
        }))
      add(facts.host, fmt::format("{} belongs to {} already", shown, owner_of_route(file)),
          "give the extra route another name, or paths that it takes");
  }

  // One proxy serves all projects of a host: another one's ports can't be taken from it.
  void shared_proxy(const HostFacts& facts) {
    const ProxyConfig& wanted = request_.config.proxy;
    const std::vector<int>& ports = facts.proxy.ports;
    const auto publishes = [&](int port) {
      return std::find(ports.begin(), ports.end(), port) != ports.end();
    };
    const bool others = std::any_of(
        facts.proxy.routes.begin(), facts.proxy.routes.end(),
        [&](const auto& route) { return service_of_route(route.first, identity_).empty(); });
    if (ports.empty() || !others) return;
    if (publishes(wanted.http_port) && publishes(wanted.https_port)) return;
    std::vector<std::string> texts;
    for (const int port : ports) texts.push_back(std::to_string(port));
    add(facts.host,
        fmt::format(
            "the proxy of this host serves other projects on {}, and this one wants {} and {}",
            join(texts, ", "), wanted.http_port, wanted.https_port),
        "set proxy.http_port and proxy.https_port as the other projects do");
  }

  bool uses_proxy(const HostFacts& facts) const {
    const auto& services = request_.config.services;
    return std::any_of(services.begin(), services.end(), [&](const auto& service) {
      return needs_proxy(service) && std::find(service.hosts.begin(), service.hosts.end(),
                                               facts.host) != service.hosts.end();
    });
  }

  void proxy_ports(const HostFacts& facts) {
    if (!uses_proxy(facts)) return;
    for (const ContainerName& name : facts.names)
      if (name.name == kProxyName && !facts.proxy.container)
        add(facts.host, "a container named segue-proxy is in the way: segue did not make it",
            fmt::format("rename it: {} rename segue-proxy other-proxy",
                        to_string(facts.engine_kind)));
    shared_proxy(facts);
    for (const int port : {request_.config.proxy.http_port, request_.config.proxy.https_port}) {
      if (!facts.proxy.container) low_port(facts, port, "the proxy");
      for (const PortFacts& used : facts.ports)
        if (used.port == port && used.protocol == "tcp" && used.container != kProxyName)
          add(facts.host,
              fmt::format(
                  "port {} of the proxy is taken by {}", port,
                  used.container.empty() ? "another process" : "container " + used.container),
              "free it, or set proxy.http_port and proxy.https_port");
    }
  }

  const PlanRequest& request_;
  Identity identity_;
  std::vector<Error> errors_;
};

}  // namespace

std::vector<Error> check_hosts(const PlanRequest& request) {
  return Checks(request).run();
}

}  // namespace segue
