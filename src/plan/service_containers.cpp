#include "segue/plan/service_containers.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"
#include "segue/host/contents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace segue {
namespace {

std::string published(const PortConfig& port) {
  const std::string address = port.address.empty() ? "" : port.address + ":";
  return fmt::format("{}{}:{}/{}", address, port.host_port.value_or(0), port.container_port,
                     port.protocol);
}

// What two containers would write to at once.
bool keeps_data(const ServiceConfig& service) {
  const auto keeps = [](const UploadConfig& upload) { return upload.keeps; };
  return !service.volumes.empty() ||
         std::any_of(service.uploads.begin(), service.uploads.end(), keeps);
}

bool has_http_gate(const ServiceConfig& service) {
  return service.healthcheck && !service.healthcheck->path.empty();
}

std::map<std::string, std::string> labels_of(const ContainerRequest& request, int replica) {
  const Config& config = request.config;
  std::map<std::string, std::string> labels{
      {label::kProject, config.project},
      {label::kEnvironment, config.environment},
      {label::kService, request.service.name},
      {label::kRelease, request.release},
      {label::kReplica, std::to_string(replica)},
      {label::kSpec, spec_of(request.fields)},
      {label::kFields, fields_json(request.fields)},
      {label::kRestart,
       Engine(request.facts).restart_policy(restart_name(request.service.restart))}};
  if (needs_proxy(request.service)) labels[label::kSlot] = to_string(request.slot);
  return labels;
}

// The content's own folder, or the one that this service writes into.
std::string mount_of(const UploadConfig& upload, const ContainerRequest& request) {
  const Layout layout{request.facts.state_root, identity_of(request.config)};
  const std::string& image_id = request.fields.at("image_id");
  const std::string folder =
      upload.keeps ? layout.kept(kept_name(request.service.name, upload.target))
                   : layout.content(content_name(upload.content, upload.owner, image_id));
  std::vector<std::string> options;
  if (!upload.keeps) options.emplace_back("ro");
  if (!upload.relabel.empty())
    options.push_back(upload.relabel);
  else if (request.facts.selinux)
    options.emplace_back("z");
  return fmt::format("{}/content:{}{}{}", folder, upload.target, options.empty() ? "" : ":",
                     join(options, ","));
}

// The one place that decides how the proxy finds a container from its beginning. A stop-first
// candidate is let into its slot after its gate.
void be_found(ContainerSpec& spec, const ContainerRequest& request, int replica) {
  const Identity identity = identity_of(request.config);
  const std::string& service = request.service.name;
  const bool stop_first = choose_mode(request.service).mode == RollMode::stop_first;
  const std::string slot = slot_alias(identity, service, request.slot, replica);
  const std::string candidate = candidate_alias(identity, service, replica);
  if (!Engine(request.facts).fixed_addresses()) {
    spec.aliases.push_back(candidate);
    if (!stop_first) spec.aliases.push_back(slot);
  } else if (stop_first) {
    spec.addresses.push_back({candidate_network(identity), candidate});
  } else {
    spec.addresses.push_back({admission_network(identity), slot});
  }
}

}  // namespace

std::vector<ProxyNetwork> proxy_networks(const Engine& engine, const Identity& identity,
                                         const std::vector<const ServiceConfig*>& services) {
  const auto any = [&](const auto& condition) {
    return std::any_of(services.begin(), services.end(), [&](const ServiceConfig* service) {
      return !service->options.shares_host_network() &&
             condition(*service, choose_mode(*service).mode == RollMode::stop_first);
    });
  };
  const bool proxied = any([](const ServiceConfig& s, bool) { return needs_proxy(s); });
  const bool admits = any([&](const ServiceConfig& s, bool stop_first) {
    return engine.fixed_addresses() ? is_routed(s) || (needs_proxy(s) && !stop_first)
                                    : is_routed(s) && stop_first;
  });
  const bool probes = any([&](const ServiceConfig& s, bool stop_first) {
    return engine.fixed_addresses() && needs_proxy(s) && stop_first;
  });
  std::vector<ProxyNetwork> networks;
  if (proxied && !engine.fixed_addresses())
    networks.push_back({identity.network(), "the project's containers live in it"});
  if (admits)
    networks.push_back({admission_network(identity),
                        engine.fixed_addresses() ? "the proxy finds the slots in it"
                                                 : "stop-first services are let in through it"});
  if (probes)
    networks.push_back({candidate_network(identity), "stop-first candidates are probed in it"});
  return networks;
}

std::string probe_route(const Engine& engine, const ServiceConfig* service,
                        const ContainerFacts& container) {
  const std::string& slot = container.label(label::kSlot);
  const bool stop_first = service != nullptr && choose_mode(*service).mode == RollMode::stop_first;
  if (!stop_first) return slot;
  const Identity identity{container.label(label::kProject), container.label(label::kEnvironment)};
  const auto& networks = container.networks;
  const bool candidate =
      !engine.fixed_addresses() ||
      std::find(networks.begin(), networks.end(), candidate_network(identity)) != networks.end();
  return candidate ? "candidate" : slot;
}

bool is_routed(const ServiceConfig& service) {
  return service.route && service.route->app_port != 0;
}

bool needs_proxy(const ServiceConfig& service) {
  return is_routed(service) || has_http_gate(service);
}

ModeChoice choose_mode(const ServiceConfig& service) {
  if (service.options.shares_host_network())
    return {RollMode::stop_first, "two containers can't share the ports of the host's network"};
  if (service.stop_first)
    return {*service.stop_first ? RollMode::stop_first : RollMode::start_first,
            *service.stop_first ? "stop_first is set" : "stop_first: false is set"};
  const bool fixed_port =
      std::any_of(service.ports.begin(), service.ports.end(),
                  [](const PortConfig& port) { return port.host_port.has_value(); });
  if (fixed_port) return {RollMode::stop_first, "two containers can't share a published port"};
  if (!is_routed(service) && keeps_data(service))
    return {RollMode::stop_first, "it has a volume and no proxy"};
  if (is_routed(service) && keeps_data(service))
    return {RollMode::start_first, "behind the proxy; old and new share its volume for a moment"};
  return {RollMode::start_first,
          is_routed(service) ? "behind the proxy" : "it has no volume and no published port"};
}

// Where a path begins that is relative to the login's home, the engine knows nothing of.
VolumeConfig found_on_host(VolumeConfig volume, const HostFacts& facts) {
  if (volume.source.starts_with("./")) volume.source.replace(0, 1, facts.login_home);
  return volume;
}

std::string restart_name(RestartPolicy policy) {
  constexpr std::array<const char*, 4> kNames{"no", "on-failure", "always", "unless-stopped"};
  return kNames.at(static_cast<size_t>(policy));
}

Identity identity_of(const Config& config) {
  return {config.project, config.environment};
}

std::vector<ContainerSpec> container_specs(const ContainerRequest& request) {
  const ServiceConfig& service = request.service;
  const Identity identity = identity_of(request.config);
  const Engine engine(request.facts);
  std::vector<ContainerSpec> specs;
  for (int replica = 1; replica <= service.replicas; ++replica) {
    ContainerSpec spec;
    spec.name = identity.container_name(service.name, replica);
    spec.image_id = request.fields.at("image_id");
    spec.labels = labels_of(request, replica);
    spec.options = service.options;
    spec.network = identity.network();
    if (const std::string& mode = service.options.network_mode; mode.empty()) {
      spec.aliases = {service.name};
      if (needs_proxy(service)) be_found(spec, request, replica);
    } else {
      spec.network = mode;
    }
    for (const PortConfig& port : service.ports)
      if (port.host_port) spec.published_ports.push_back(published(port));
    for (const VolumeConfig& volume : service.volumes)
      spec.volumes.push_back(volume_text(found_on_host(volume, request.facts)));
    for (const UploadConfig& upload : service.uploads)
      spec.volumes.push_back(mount_of(upload, request));
    spec.environment = service.environment;
    spec.secrets = service.secrets;
    spec.secret_keys = service.secret_texts;
    spec.command = service.command;
    spec.stop_timeout = service.stop_timeout;
    spec.restart = engine.restart_policy(restart_name(service.restart));
    specs.push_back(std::move(spec));
  }
  return specs;
}

Gate gate_for(const ServiceConfig& service, const Identity& identity, const ImageFacts& image,
              const std::vector<std::string>& names, const std::string& route) {
  const HealthcheckConfig health = service.healthcheck.value_or(HealthcheckConfig{});
  Gate gate;
  gate.containers = names;
  gate.interval = health.interval;
  gate.timeout = health.timeout;
  gate.deadline = health.deploy_timeout;
  if (!health.path.empty()) {
    HttpProbe probe;
    for (size_t i = 1; i <= names.size(); ++i)
      probe.routes.push_back(fmt::format("{}.{}.{}.{}", identity.key(), service.name, route, i));
    probe.path = health.path;
    probe.host_header = health.host_header;
    if (probe.host_header.empty())
      probe.host_header = service.route && !service.route->hosts.empty()
                              ? service.route->hosts.front()
                              : "localhost";
    probe.status = health.status;
    probe.h2c = service.route && service.route->h2c &&
                health.port.value_or(service.route->app_port) == service.route->app_port;
    gate.probe = probe;
  } else if (!health.command.empty()) {
    gate.probe = CommandProbe{{"sh", "-c", health.command}};
  } else if (image.healthcheck.size() >= 2) {
    std::vector<std::string> argv(image.healthcheck.begin() + 1, image.healthcheck.end());
    if (image.healthcheck.front() == "CMD-SHELL") argv.insert(argv.begin(), {"/bin/sh", "-c"});
    gate.probe = CommandProbe{argv};
  } else {
    gate.probe = StaysUp{health.readiness_delay};
  }
  return gate;
}

ProxiedService proxied_service(const Config& config, const ServiceConfig& service,
                               int blue_replicas, int green_replicas) {
  ProxiedService proxied;
  proxied.identity = identity_of(config);
  proxied.service = service.name;
  proxied.blue_replicas = std::max(1, blue_replicas);
  proxied.green_replicas = std::max(1, green_replicas);
  if (service.route) {
    proxied.hosts = service.route->hosts;
    proxied.path_prefix = service.route->path_prefix;
    proxied.strip_prefix = service.route->strip_prefix;
    proxied.target = service.route->target;
    proxied.app_port = service.route->app_port;
    proxied.h2c = service.route->h2c;
    // The proxy's own port serves it already, by its names.
    for (const PortConfig& port : service.route->ports)
      if (port.host_port != config.proxy.http_port)
        proxied.ports.push_back({port.address, port.container_port});
  }
  proxied.on_host = service.options.shares_host_network();
  proxied.health_port = proxied.app_port;
  if (service.healthcheck) {
    proxied.health_timeout = service.healthcheck->timeout;
    if (service.healthcheck->port) proxied.health_port = *service.healthcheck->port;
  }
  // Requests that arrive while a stop-first service is down are held, not refused (rules D1).
  if (choose_mode(service).mode == RollMode::stop_first)
    proxied.hold = service.stop_timeout + Duration(20'000);
  return proxied;
}

std::optional<HttpsRoute> https_route(const Config& config, const ServiceConfig& service,
                                      const SecretValues& secrets, const std::string& salt) {
  if (!is_routed(service) || !service.route || !service.route->ssl) return std::nullopt;
  const SslConfig& ssl = *service.route->ssl;
  HttpsRoute https;
  https.port = config.proxy.https_port;
  https.authority = {config.proxy.acme_ca, config.proxy.email, config.proxy.acme_ca_root_pem};
  if (ssl.is_automatic()) return https;
  std::string content;
  for (const std::string& name : {ssl.certificate_secret, ssl.key_secret})
    if (const auto it = secrets.find(name); it != secrets.end())
      content += it->second.reveal() + '\0';
  https.own = OwnCertificate{fmt::format("{}.{}-{}", identity_of(config).key(), service.name,
                                         hmac_sha256_hex(salt, content).substr(0, 16)),
                             ssl.certificate_secret, ssl.key_secret};
  return https;
}

std::string smoke_path(const ServiceConfig& service) {
  if (service.healthcheck && !service.healthcheck->path.empty()) return service.healthcheck->path;
  const std::string prefix = service.route ? service.route->path_prefix : "";
  return prefix + "/";
}

}  // namespace segue
