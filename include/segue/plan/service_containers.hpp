// What the containers of a service look like on a host: their specification for the engine, their
// gate, and what the proxy has to know. Shared by the planner and by recovery.
#pragma once
#include "segue/config/config.hpp"
#include "segue/engine/engine.hpp"
#include "segue/model/host_facts.hpp"
#include "segue/plan/live_set.hpp"
#include "segue/plan/plan.hpp"
#include "segue/proxy/gate.hpp"
#include "segue/proxy/proxied_service.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

// True when traffic reaches the service through the proxy; needs_proxy also when only its health
// check does.
bool is_routed(const ServiceConfig& service);
bool needs_proxy(const ServiceConfig& service);

struct ModeChoice {
  RollMode mode = RollMode::start_first;
  std::string reason;
};
ModeChoice choose_mode(const ServiceConfig& service);

// The networks by which the proxy reaches the containers of these services.
struct ProxyNetwork {
  std::string name;
  std::string why;
};
std::vector<ProxyNetwork> proxy_networks(const Engine& engine, const Identity& identity,
                                         const std::vector<const ServiceConfig*>& services);

// By which of the inner server's routes a container that is there can be probed. `service` may be
// null: it left the file.
std::string probe_route(const Engine& engine, const ServiceConfig* service,
                        const ContainerFacts& container);

std::string restart_name(RestartPolicy policy);

struct ContainerRequest {
  const Config& config;
  const ServiceConfig& service;
  const HostFacts& facts;
  std::string release;
  Slot slot = Slot::blue;  // of the containers to be
  Fields fields;
};
std::vector<ContainerSpec> container_specs(const ContainerRequest& request);

// The gate of containers that have these names; `route` is the slot's name, or "candidate".
Gate gate_for(const ServiceConfig& service, const Identity& identity, const ImageFacts& image,
              const std::vector<std::string>& names, const std::string& route);

ProxiedService proxied_service(const Config& config, const ServiceConfig& service,
                               int blue_replicas, int green_replicas);

// How the route is HTTPS, if it is. The files of an own certificate are named by their content, so
// another certificate is another route.
std::optional<HttpsRoute> https_route(const Config& config, const ServiceConfig& service,
                                      const SecretValues& secrets, const std::string& salt);

Identity identity_of(const Config& config);

// Where a request goes that proves a switch: the health check's path, else the route's own.
std::string smoke_path(const ServiceConfig& service);

}  // namespace segue
