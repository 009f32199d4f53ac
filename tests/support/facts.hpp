// What a host would tell of itself, for tests: what `segue deploy` of some deploy.yml leaves there,
// made by the same functions that the planner uses.
//   HostFacts facts = FactsBuilder(config).network().proxy().deployed("web", "3-v1-aa11").facts;
#pragma once
#include "support/catch.hpp"

#include "segue/base/cksum.hpp"
#include "segue/base/sha256.hpp"
#include "segue/config/load.hpp"
#include "segue/plan/deploy_planner.hpp"
#include "segue/plan/service_containers.hpp"
#include "segue/proxy/proxy_sections.hpp"
#include "segue/proxy/routes.hpp"

#include <string>
#include <vector>

namespace segue {

inline const std::string kTestSalt = "0123456789abcdef";

inline std::string id_of_image(const std::string& reference) {
  return "sha256:" + sha256_hex(reference);
}

inline Config config_of(const std::string& yaml, const std::string& version = "v1") {
  LoadedConfig loaded = load_config({"deploy.yml", yaml, "", version});
  for (const Error& error : loaded.errors) FAIL(show_diagnostic(error, yaml, "error"));
  return *loaded.config;
}

// A service's containers as they were deployed: which of the two slots, by which release.
struct Deployed {
  std::string release;
  Slot slot = Slot::green;
  SecretValues secrets;
};

class FactsBuilder {
 public:
  explicit FactsBuilder(const Config& config, const std::string& host = "web-1") : config_(config) {
    facts.host = host;
    facts.engine_path = "/usr/bin/docker";
    facts.engine_version = "20.10.24";
    facts.architecture = "amd64";
    facts.login_home = "/home/deploy";
    facts.machine_id = "machine of " + host;
    facts.engine_id = "engine of " + host;
    facts.boot_id = "boot";
    facts.state_root = "/var/lib/segue";
    facts.free_kib = facts.engine_free_kib = 10'000'000;
  }

  // The configuration is read again by every call below, so it must outlive them.
  explicit FactsBuilder(Config&& config, const std::string& host = "web-1") = delete;

  FactsBuilder& image(const std::string& reference) {
    facts.images[reference] = {reference, id_of_image(reference), {}, "amd64", {}};
    return *this;
  }

  // All that deploy.yml names, and the proxy's.
  FactsBuilder& images() {
    for (const std::string& reference : images_on_host(config_, facts.host)) image(reference);
    return *this;
  }

  FactsBuilder& network() {
    facts.salt = kTestSalt;
    facts.networks.push_back(identity_of(config_).network());
    return *this;
  }

  FactsBuilder& proxy() {
    ContainerFacts container;
    container.name = kProxyName;
    container.state = "running";
    container.labels[label::kRole] = "proxy";
    container.labels[label::kLoop] = kProxyLoopVersion;
    container.networks = {kProxyNetwork, identity_of(config_).network(),
                          admission_network(identity_of(config_))};
    facts.proxy.container = container;
    facts.proxy.ports = {config_.proxy.http_port, config_.proxy.https_port};
    facts.proxy.image = config_.proxy.image;
    facts.proxy.image_id = id_of_image(config_.proxy.image);
    for (const int port : facts.proxy.ports) facts.ports.push_back({port, "tcp", kProxyName});
    facts.networks.push_back(admission_network(identity_of(config_)));
    return *this;
  }

  FactsBuilder& deployed(const std::string& service_name, const Deployed& deploy) {
    const ServiceConfig& service = *config_.service(service_name);
    image(service.image);
    const Fields fields =
        service_fields(service, id_of_image(service.image), deploy.secrets, kTestSalt);
    for (const ContainerSpec& spec :
         container_specs({config_, service, facts, deploy.release, deploy.slot, fields}))
      container(spec, restart_name(service.restart));
    for (const VolumeConfig& volume : service.volumes)
      if (volume.named)
        facts.volumes.push_back({volume.source, config_.project, config_.environment});
    facts.live[service_name] = deploy.release;
    if (!needs_proxy(service)) return *this;
    facts.tokens[service_name] = to_string(deploy.slot);
    for (const ServiceConfig& one : service.by_route()) {
      ProxiedService proxied = proxied_service(config_, one, service.replicas, service.replicas);
      proxied.https = https_route(config_, one, deploy.secrets, kTestSalt);
      route(proxied);
    }
    return *this;
  }

  FactsBuilder& route(const ProxiedService& proxied) {
    const std::string text = route_file(proxied);
    facts.proxy.routes[route_file_name(proxied)] =
        read_route_facts(posix_cksum(text), text.substr(0, text.find('\n')));
    return *this;
  }

  // The replica of a service that is there already, to be changed.
  ContainerFacts& replica(const std::string& name) {
    for (ContainerFacts& container : facts.containers)
      if (container.name == name) return container;
    FAIL("there is no container " << name);
    return facts.containers.front();
  }

  HostFacts facts;

 private:
  void container(const ContainerSpec& spec, const std::string& policy) {
    ContainerFacts container;
    container.id = sha256_hex(spec.name + spec.labels.at(label::kRelease));
    container.name = spec.name;
    container.image = spec.image_id;
    container.image_id = spec.image_id;
    container.state = "running";
    container.restart_policy = policy;
    container.started_at = "2026-11-20T10:00:00Z";
    container.labels = spec.labels;
    container.networks = {spec.network};
    facts.containers.push_back(container);
    facts.names.push_back(
        {spec.name, config_.project, config_.environment, spec.labels.at(label::kService)});
    for (const std::string& text : spec.published_ports) {
      const std::string host_side = text.substr(0, text.rfind(':'));
      const int port = std::stoi(host_side.substr(host_side.rfind(':') + 1));
      facts.ports.push_back({port, text.substr(text.rfind('/') + 1), spec.name});
    }
  }

  const Config& config_;
};

}  // namespace segue
