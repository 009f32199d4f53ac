#include "stage_builder.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/cksum.hpp"
#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/host/boot.hpp"
#include "segue/host/contents.hpp"
#include "segue/host/image_transfer.hpp"
#include "segue/host/layout.hpp"
#include "segue/host/registry.hpp"
#include "segue/plan/service_contents.hpp"
#include "segue/proxy/proxy_sections.hpp"
#include "segue/proxy/routes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr Duration kOneLook{5'000};  // how long what serves may take to pass its check once
constexpr int kMostReplicas = 100;   // that deploy.yml may ask for

bool is_there(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Whether a container of the service is still in one of the proxy's slots.
bool is_in_a_slot(const HostFacts& facts, const Identity& identity, const std::string& service) {
  const auto containers = facts.of_service(identity.project, identity.environment, service);
  return std::any_of(containers.begin(), containers.end(), [](const ContainerFacts* container) {
    return !container->label(label::kSlot).empty();
  });
}

// The containers that serve know on which port and how: what is written of deploy.yml is for those
// that come.
std::optional<FormerUpstream> former_upstream(const LiveSet& set, const ProxiedService& wanted) {
  if (set.live.empty()) return std::nullopt;
  const Fields fields = parse_fields(set.live.front().label(label::kFields));
  const auto field = [&](const std::string& name) {
    const auto it = fields.find(name);
    return it == fields.end() ? std::string() : it->second;
  };
  const int port =
      parse_number<int>(field(route_field(wanted.target, "app_port"))).value_or(wanted.app_port);
  const bool h2c = field(route_field(wanted.target, "scheme")) == "h2c";
  if (wanted.app_port == 0 || (port == wanted.app_port && h2c == wanted.h2c)) return std::nullopt;
  return FormerUpstream{set.slot, port, h2c};
}

}  // namespace

std::vector<std::string> former_names(const HostFacts& facts, const ProxiedService& wanted) {
  const auto present = facts.proxy.routes.find(route_file_name(wanted));
  if (present == facts.proxy.routes.end() || wanted.hosts.empty()) return {};
  std::vector<std::string> names;
  for (const std::string& name : present->second.names)
    if (!is_there(wanted.hosts, name)) names.push_back(name);
  return names;
}

HostSteps StageBuilder::build(const std::vector<const ServiceConfig*>& services,
                              const std::vector<const ServiceConfig*>& needed) {
  host_steps_ = {facts_.host, {}};
  const Identity identity = identity_of(request_.config);
  std::vector<std::string> images;
  for (const ServiceConfig* service : services)
    if (!service->build && !is_there(images, service->image)) images.push_back(service->image);
  for (const std::string& image : images)
    pull(image, "image-missing", "it is not on this host yet");
  for (const ServiceConfig* service : services)
    if (service->build) bring_built(*service, *service->build);
  const bool proxied = std::any_of(services.begin(), services.end(),
                                   [](const ServiceConfig* s) { return needs_proxy(*s); });
  if (proxied && proxy_starts())
    pull(request_.config.proxy.image, "proxy-image-missing", "the proxy runs from it");
  network(identity.network(), false, "the project's containers live in it");
  for (const ProxyNetwork& found : proxy_networks(engine_, identity, services))
    if (found.name != identity.network()) network(found.name, true, found.why);
  if (engine_.fixed_addresses()) addresses(services);
  for (const ServiceConfig* service : services) volumes(*service);
  for (const ServiceConfig* service : services) contents(*service);
  if (!services.empty() && !starts_at_boot(facts_) && facts_.boot_unit != "none")
    step("have the containers started after a reboot", "Podman has no daemon that would",
         install_boot_files(facts_));
  if (proxied) proxy(services);
  host_addresses(services);
  routes(services);
  for (const ServiceConfig* service : needed) healthy(*service);
  return std::move(host_steps_);
}

void StageBuilder::step(std::string title, std::string why, Section section) {
  host_steps_.steps.push_back({std::move(title), std::move(why), std::move(section)});
}

void StageBuilder::pull(const std::string& image, const char* problem, const std::string& why) {
  const auto it = facts_.images.find(image);
  if (it != facts_.images.end() && it->second.present()) return;
  step("pull " + image, why, pull_of(image, image, problem));
}

Section StageBuilder::pull_of(const std::string& reference, const std::string& image,
                              const char* problem) const {
  const RegistryConfig& registry = request_.config.builder.registry;
  ImagePull pull{reference, image, problem, std::nullopt, registry.timeout};
  if (registry.wants_login() && registry.holds(image))
    pull.login = RegistryLogin{registry.host(), registry.username};
  return pull_image({facts_.state_root, identity_of(request_.config)}, engine_, pull);
}

// What was built here and pushed nowhere is nowhere else to be had. With a registry what is neither
// here nor on the host is asked for by its tag, as the images of others.
void StageBuilder::bring_built(const ServiceConfig& service, const BuildConfig& build) {
  const auto known = facts_.images.find(service.image);
  if (known != facts_.images.end() && known->second.present()) return;
  const bool sent = !request_.config.builder.registry.exists();
  const BuiltImage* image = build.image_for(facts_.architecture);
  if (!sent && (image == nullptr || image->digest.empty()))
    return pull(service.image, "image-missing", "it is not on this host yet");
  if (image == nullptr) return;  // nobody has it: check_hosts says so
  const std::string size = shown_byte_size(static_cast<long long>(image->size));
  if (sent)
    step(fmt::format("send {} ({})", service.image, size), "it is not on this host yet",
         receive_image(engine_, image->id, service.image));
  else
    step(fmt::format("pull {} ({})", service.image, size), "it is not on this host yet",
         pull_of(build.pinned(*image), service.image, "image-missing"));
  host_steps_.steps.back().service = service.name;
  if (sent) host_steps_.steps.back().image = image->id;
}

void StageBuilder::network(const std::string& name, bool internal, const std::string& why) {
  if (is_there(facts_.networks, name)) return;
  const Identity identity = identity_of(request_.config);
  std::vector<std::string> arguments{"network", "create"};
  if (internal) arguments.emplace_back("--internal");
  if (internal && engine_.fixed_addresses()) arguments.emplace_back("--disable-dns");
  for (const auto& [key, value] : std::map<std::string, std::string>{
           {label::kProject, identity.project},
           {label::kEnvironment, identity.environment},
           {label::kSalt, facts_.salt.empty() ? request_.new_salt : facts_.salt}})
    arguments.insert(arguments.end(), {"--label", key + "=" + value});
  arguments.insert(arguments.end(), {"--", name});
  Section section{"network", ShellText(engine_.path())};
  section.body.words({"network", "inspect", "--format", "x", "--", name});
  section.body.raw(" >/dev/null 2>&1 || segue_answer=$(");
  section.body += engine_.command(arguments);
  section.body.raw(" 2>&1) || { segue_problem start \"$segue_answer\"; return 96; }");
  step("make the network " + name, why, std::move(section));
}

// Every slot and candidate that may be needed gets its address once, before its first use.
void StageBuilder::addresses(const std::vector<const ServiceConfig*>& services) {
  const Identity identity = identity_of(request_.config);
  std::map<std::string, std::vector<std::string>> missing;
  std::vector<std::string> names;
  for (const ServiceConfig* service : services) {
    if (!needs_proxy(*service) || service->options.shares_host_network()) continue;
    const auto want = [&](const std::string& network, const std::string& alias) {
      if (is_there(facts_.addresses, alias) && is_there(facts_.networks, network)) return;
      missing[network].push_back(alias);
      if (!is_there(names, service->name)) names.push_back(service->name);
    };
    const bool stop_first = choose_mode(*service).mode == RollMode::stop_first;
    for (int replica = 1; replica <= service->replicas; ++replica) {
      if (stop_first)
        want(candidate_network(identity), candidate_alias(identity, service->name, replica));
      if (stop_first && !is_routed(*service)) continue;
      for (const Slot slot : {Slot::blue, Slot::green})
        want(admission_network(identity), slot_alias(identity, service->name, slot, replica));
    }
  }
  addresses_change_ = addresses_change_ || !missing.empty();
  for (const auto& [network, aliases] : missing)
    step("give " + join(names, ", ") + " addresses in " + network,
         "they stay from release to release", give_addresses(engine_, network, aliases));
}

// A proxy that is made anew may have got another network.
void StageBuilder::host_addresses(const std::vector<const ServiceConfig*>& services) {
  std::vector<std::string> missing;
  std::vector<std::string> names;
  for (const ServiceConfig* service : services) {
    if (!needs_proxy(*service) || !service->options.shares_host_network()) continue;
    const std::string alias = host_alias(identity_of(request_.config), service->name);
    if (is_there(facts_.addresses, alias) && !proxy_starts()) continue;
    missing.push_back(alias);
    names.push_back(service->name);
  }
  if (missing.empty()) return;
  addresses_change_ = true;
  step("let the proxy reach " + join(names, ", ") + " on the host itself",
       "network_mode is host: by the gateway of the proxy's network",
       give_host_addresses(engine_, facts_.state_root, missing));
}

void StageBuilder::volumes(const ServiceConfig& service) {
  const Identity identity = identity_of(request_.config);
  for (const VolumeConfig& volume : service.volumes) {
    const bool known =
        std::any_of(facts_.volumes.begin(), facts_.volumes.end(),
                    [&](const VolumeFacts& facts) { return facts.name == volume.source; });
    if (!volume.named || known) continue;
    Section section{"volume", ShellText("segue_answer=$(")};
    section.body +=
        engine_.command({"volume", "create", "--label", label::kProject + ("=" + identity.project),
                         "--label", label::kEnvironment + ("=" + identity.environment), "--label",
                         label::kService + ("=" + service.name), "--", volume.source});
    section.body.raw(" 2>&1) || { segue_problem start \"$segue_answer\"; return 96; }");
    step("make the volume " + volume.source, "it keeps what " + service.name + " writes",
         std::move(section));
  }
}

void StageBuilder::send(const UploadConfig& upload) {
  if (!sent_.insert(upload.content).second) return;
  const Layout layout{facts_.state_root, identity_of(request_.config)};
  step(fmt::format("send {} ({})", upload.local,
                   shown_byte_size(static_cast<long long>(upload.size))),
       "this content is not on this host yet",
       receive_content(layout, {upload.content, upload.local, upload.size, 0}));
  host_steps_.steps.back().content = upload.content;
}

// What is mounted comes before the containers, on all hosts.
void StageBuilder::contents(const ServiceConfig& service) {
  const Layout layout{facts_.state_root, identity_of(request_.config)};
  for (const NeededContent& need : needed_contents(service, facts_)) {
    const UploadConfig& upload = *need.upload;
    if (need.is_there) continue;
    if (!need.has_archive) send(upload);
    if (!upload.keeps && upload.owner.empty()) continue;
    OwnedContent owned{upload.content, layout.content(need.name), upload.owner, need.image_id,
                       facts_.selinux};
    if (upload.keeps) {
      owned.folder = layout.kept(need.name);
      step(fmt::format("make the folder of {} for {}", upload.target, service.name),
           fmt::format("filled from {} this once: it keeps what {} writes", upload.local,
                       service.name),
           make_owned(layout, engine_, owned));
    } else {
      step(fmt::format("give {} to {}", upload.local, upload.owner),
           "the owner is looked up in the image", make_owned(layout, engine_, owned));
    }
    host_steps_.steps.back().service = service.name;
  }
}

// Of services of this host, whoever's: a proxy that is made anew goes on serving the others.
std::vector<ProxyPort> StageBuilder::proxy_ports() const {
  std::vector<ProxyPort> ports;
  const auto want = [&](const std::vector<ProxyPort>& more) {
    for (const ProxyPort& port : more)
      if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(port);
  };
  const Config& config = request_.config;
  for (const ServiceConfig& service : config.services) {
    if (!is_there(service.hosts, facts_.host)) continue;
    for (const ServiceConfig& route : service.by_route())
      want(proxied_service(config, route, 1, 1).ports);
  }
  for (const auto& [file, route] : facts_.proxy.routes)
    if (service_of_route(file, identity_of(config)).empty()) want(route.ports);
  return ports;
}

bool StageBuilder::proxy_ports_differ() const {
  const auto publishes = [&](int port) {
    return std::find(facts_.proxy.ports.begin(), facts_.proxy.ports.end(), port) !=
           facts_.proxy.ports.end();
  };
  const ProxyConfig& config = request_.config.proxy;
  const std::vector<ProxyPort> ports = proxy_ports();
  return !publishes(config.http_port) || !publishes(config.https_port) ||
         !std::all_of(ports.begin(), ports.end(),
                      [&](const ProxyPort& port) { return publishes(port.port); });
}

// Making the proxy anew would refuse connections, for what does no harm: nothing listens there.
std::set<int> StageBuilder::left_proxy_ports() const {
  if (proxy_starts()) return {};
  std::set<int> left(facts_.proxy.ports.begin(), facts_.proxy.ports.end());
  left.erase(request_.config.proxy.http_port);
  left.erase(request_.config.proxy.https_port);
  for (const ProxyPort& port : proxy_ports()) left.erase(port.port);
  return left;
}

bool StageBuilder::proxy_is_replaced() const {
  const auto& container = facts_.proxy.container;
  if (!container) return false;
  return !is_of_our_kind(*container) || (container->running() && proxy_ports_differ());
}

bool StageBuilder::proxy_starts() const {
  const auto& container = facts_.proxy.container;
  return !container || !container->running() || proxy_is_replaced();
}

bool StageBuilder::proxy_image_differs() const {
  if (proxy_starts()) return false;
  const std::string& wanted = request_.config.proxy.image;
  const auto image = facts_.images.find(wanted);
  if (image != facts_.images.end() && image->second.present())
    return image->second.id != facts_.proxy.image_id;
  return wanted != facts_.proxy.image;
}

void StageBuilder::proxy(const std::vector<const ServiceConfig*>& services) {
  const ProxyConfig& config = request_.config.proxy;
  const auto& container = facts_.proxy.container;
  const bool replace = proxy_is_replaced();
  if (proxy_starts()) {
    const auto image = facts_.images.find(config.image);
    const std::string id =
        image != facts_.images.end() && image->second.present() ? image->second.id : config.image;
    const std::string why =
        !container ? "services of this host are reached through it"
        : !is_of_our_kind(*container)
            ? "it was made by another segue: connections are refused for a moment"
        : replace ? "its published ports change: connections are refused for a moment"
                  : "it is there but does not run";
    std::vector<std::string> shown{std::to_string(config.http_port)};
    for (const ProxyPort& port : proxy_ports()) shown.push_back(std::to_string(port.port));
    step(fmt::format("start the proxy on ports {} and {}", join(shown, ", "), config.https_port),
         why,
         ensure_proxy(engine_, {id, config.image, config.http_port, config.https_port,
                                facts_.state_root, proxy_ports(), replace}));
  }
  std::vector<std::string> missing;
  for (const auto& [name, why] : proxy_networks(engine_, identity_of(request_.config), services))
    if (!container || replace || !is_there(container->networks, name)) missing.push_back(name);
  if (!missing.empty())
    step("let the proxy into " + join(missing, " and "), "it reaches the containers there",
         join_networks(engine_, missing));
}

// A dependency that stays as it is has no roll whose gate would prove it.
void StageBuilder::healthy(const ServiceConfig& service) {
  const Identity identity = identity_of(request_.config);
  const LiveSet set = find_live_set(facts_, identity, service.name);
  if (set.live.empty()) return;
  std::vector<std::string> names;
  for (const ContainerFacts& container : set.live) names.push_back(container.name);
  const auto image = facts_.images.find(service.image);
  const bool stop_first = choose_mode(service).mode == RollMode::stop_first;
  Gate gate =
      gate_for(service, identity, image == facts_.images.end() ? ImageFacts{} : image->second,
               names, stop_first ? "candidate" : to_string(set.slot));
  if (std::holds_alternative<StaysUp>(gate.probe)) return;  // the facts say that it runs
  gate.deadline = std::min(gate.deadline, kOneLook);
  Section section{"depends", gate_function(engine_, gate)};
  section.body.raw("segue_gate");
  step(fmt::format("see that {} is healthy: {}", service.name, describe(gate)),
       "what depends on it rolls only then", std::move(section));
  host_steps_.steps.back().service = service.name;
}

ProxiedService StageBuilder::proxied(const ServiceConfig& service) const {
  const LiveSet set = find_live_set(facts_, identity_of(request_.config), service.name);
  const bool stop_first = choose_mode(service).mode == RollMode::stop_first;
  const int live = set.live.empty() ? service.replicas : static_cast<int>(set.live.size());
  const int in_slot = stop_first ? service.replicas : live;
  const bool blue = set.slot == Slot::blue;
  ProxiedService proxied =
      proxied_service(request_.config, service, blue ? in_slot : service.replicas,
                      blue ? service.replicas : in_slot);
  if (!stop_first) proxied.former = former_upstream(set, proxied);
  proxied.https = https_route(request_.config, service, request_.secrets,
                              facts_.salt.empty() ? request_.new_salt : facts_.salt);
  // Until the deploy is done they may be needed again, and meanwhile people use them.
  std::vector<std::string> kept = former_names(facts_, proxied);
  if (kept.empty()) return proxied;
  kept = facts_.proxy.routes.at(route_file_name(proxied)).names;
  for (const ServiceConfig& other : request_.config.service(service.name)->by_route())
    if (other.route && other.route->target != proxied.target)
      std::erase_if(kept,
                    [&](const std::string& name) { return is_there(other.route->hosts, name); });
  for (const std::string& name : proxied.hosts)
    if (!is_there(kept, name)) kept.push_back(name);
  proxied.hosts = std::move(kept);
  return proxied;
}

// Each write is a reload, which ends requests that wait for a replica that is gone. So a list that
// names a missing replica of the slot that serves stays: retries pass over it. And the idle slot's
// list is written before its next use: for a service that stays as it is, it may name any number.
bool StageBuilder::is_written(const ServiceConfig& service) const {
  ProxiedService wanted = proxied(service);
  const auto present = facts_.proxy.routes.find(route_file_name(wanted));
  if (present == facts_.proxy.routes.end()) return false;
  const RouteFacts& there = present->second;
  const LiveSet set = find_live_set(facts_, identity_of(request_.config), service.name);
  const bool blue = set.slot == Slot::blue;
  const int serving = blue ? wanted.blue_replicas : wanted.green_replicas;
  const int idle = blue ? wanted.green_replicas : wanted.blue_replicas;
  const int serving_there = blue ? there.blue_replicas : there.green_replicas;
  const int idle_there = blue ? there.green_replicas : there.blue_replicas;
  if (serving_there < serving || serving_there > std::max(serving, service.replicas)) return false;
  const bool any_idle = !rolling_.contains(service.name);
  if (any_idle ? idle_there < 1 || idle_there > kMostReplicas : idle_there != idle) return false;
  wanted.blue_replicas = there.blue_replicas;
  wanted.green_replicas = there.green_replicas;
  return there.sum == posix_cksum(route_file(wanted));
}

// They are the project's, whatever -S says, and there while a service of it on this host needs the
// proxy.
bool StageBuilder::extra_routes(bool proxied, RouteChange& change) const {
  const Config& config = request_.config;
  ExtraRoutes extra{identity_of(config), config.proxy.extra, {}, false};
  bool wanted = false;
  for (const ServiceConfig& service : config.services) {
    if (!is_there(service.hosts, facts_.host) || !needs_proxy(service)) continue;
    wanted = true;
    for (const ServiceConfig& one : service.by_route()) {
      if (!is_routed(one) || !one.route) continue;
      extra.every_name = extra.every_name || one.route->hosts.empty();
      for (const std::string& name : one.route->hosts)
        if (!is_there(extra.names, name)) extra.names.push_back(name);
    }
  }
  if (wanted && !proxied) return false;
  std::vector<std::string> kept;
  for (RouteFile& file : wanted ? extra_route_files(extra) : std::vector<RouteFile>()) {
    kept.push_back(file.name);
    const auto present = facts_.proxy.routes.find(file.name);
    if (present == facts_.proxy.routes.end() || present->second.sum != posix_cksum(file.text))
      change.extra.push_back(std::move(file));
  }
  const size_t others = change.remove.size();
  for (const auto& [file, route] : facts_.proxy.routes)
    if (holds_extra_routes(file) && !service_of_route(file, identity_of(config)).empty() &&
        !is_there(kept, file))
      change.remove.push_back(file);
  return !change.extra.empty() || change.remove.size() > others;
}

void StageBuilder::routes(const std::vector<const ServiceConfig*>& services) {
  const Identity identity = identity_of(request_.config);
  RouteChange change;
  std::vector<std::string> names;
  std::set<std::string> secrets;
  bool proxied_here = false;
  for (const ServiceConfig* service : services) {
    if (!needs_proxy(*service)) continue;
    proxied_here = true;
    std::vector<std::string> files;
    for (const ServiceConfig& route : service->by_route()) {
      const ProxiedService wanted = proxied(route);
      files.push_back(route_file_name(wanted));
      if (!addresses_change_ && is_written(route)) continue;
      change.write.push_back(wanted);
      if (!is_there(names, service->name)) names.push_back(service->name);
      if (wanted.https && wanted.https->own)
        secrets.insert({wanted.https->own->certificate_secret, wanted.https->own->key_secret});
    }
    for (const auto& [other, sum] : facts_.proxy.routes)
      if (!is_there(files, other) && service_of_route(other, identity) == service->name)
        change.remove.push_back(other);
  }
  if (extra_routes(proxied_here, change)) names.emplace_back(kExtraKey);
  // A route whose slots are both empty leads nowhere: its service has left, or lost its proxy
  // (rules B13).
  for (const auto& [file, sum] : facts_.proxy.routes) {
    const std::string service = service_of_route(file, identity);
    const ServiceConfig* wanted = request_.config.service(service);
    if (service.empty() || (wanted != nullptr && needs_proxy(*wanted))) continue;
    if (holds_extra_routes(file) || is_in_a_slot(facts_, identity, service)) continue;
    change.remove.push_back(file);
    names.push_back(service);
  }
  if (change.write.empty() && change.remove.empty() && change.extra.empty()) return;
  change.release = request_.release;
  const std::string certificates =
      secrets.empty()
          ? ""
          : fmt::format(", HTTPS by {}", join({secrets.begin(), secrets.end()}, " and "));
  step("set the routes of " + join(names, ", ") + certificates,
       "the proxy's routes differ from deploy.yml",
       write_routes(engine_, facts_.state_root, change));
}

}  // namespace segue
