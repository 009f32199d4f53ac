// The steps that make a host ready before any container is touched: images, network, volumes,
// proxy, routes. Private to the planner.
#pragma once
#include "segue/plan/deploy_planner.hpp"
#include "segue/plan/service_containers.hpp"
#include "segue/proxy/proxy_sections.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace segue {

// Names that lead to the service on that host and that deploy.yml has no more.
std::vector<std::string> former_names(const HostFacts& facts, const ProxiedService& wanted);

class StageBuilder {
 public:
  // `rolling` are the services whose containers will be replaced on this host.
  StageBuilder(const PlanRequest& request, const HostFacts& facts, std::set<std::string> rolling)
      : request_(request), facts_(facts), rolling_(std::move(rolling)), engine_(facts) {}

  // `services` are those of this host that take part; `needed` those that have to be healthy before
  // something else is rolled.
  HostSteps build(const std::vector<const ServiceConfig*>& services,
                  const std::vector<const ServiceConfig*>& needed);

  // The proxy runs from another image than deploy.yml says, and these steps leave it so.
  bool proxy_image_differs() const;

  // Host ports that the proxy goes on publishing although no service wants them any more.
  std::set<int> left_proxy_ports() const;

 private:
  void pull(const std::string& image, const char* problem, const std::string& why);
  Section pull_of(const std::string& reference, const std::string& image,
                  const char* problem) const;
  void bring_built(const ServiceConfig& service, const BuildConfig& build);
  void network(const std::string& name, bool internal, const std::string& why);
  void addresses(const std::vector<const ServiceConfig*>& services);
  void host_addresses(const std::vector<const ServiceConfig*>& services);
  void volumes(const ServiceConfig& service);
  void contents(const ServiceConfig& service);
  void send(const UploadConfig& upload);
  std::vector<ProxyPort> proxy_ports() const;
  bool proxy_ports_differ() const;
  bool proxy_is_replaced() const;
  bool proxy_starts() const;
  void proxy(const std::vector<const ServiceConfig*>& services);
  void routes(const std::vector<const ServiceConfig*>& services);
  bool extra_routes(bool proxied, RouteChange& change) const;
  void healthy(const ServiceConfig& service);
  ProxiedService proxied(const ServiceConfig& service) const;
  bool is_written(const ServiceConfig& service) const;
  void step(std::string title, std::string why, Section section);

  const PlanRequest& request_;
  const HostFacts& facts_;
  std::set<std::string> rolling_;
  Engine engine_;
  HostSteps host_steps_;
  std::set<std::string> sent_;  // contents
  bool addresses_change_ = false;
};

}  // namespace segue
