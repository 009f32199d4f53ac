#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/certificate.hpp"
#include "segue/base/text.hpp"
#include "segue/os/wall_clock.hpp"
#include "segue/plan/live_set.hpp"
#include "segue/plan/service_containers.hpp"
#include "segue/proxy/certificates.hpp"
#include "segue/rollout/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

// Host and container to the number of looks that it passed (rules E8).
using Looks = std::map<std::pair<std::string, std::string>, int>;

std::string health_of(const std::string& host, const ContainerFacts& container,
                      const Looks& looks) {
  if (!container.running()) return "unhealthy";
  const auto it = looks.find({host, container.name});
  if (it == looks.end()) return "unknown";
  if (it->second == kHealthLooks) return "healthy";
  return it->second == 0 ? "unhealthy" : "degraded";
}

// Those that the proxy obtains; its container must be there to be asked.
std::vector<WantedCertificate> wanted_certificates(const Project& project, const HostFacts& facts) {
  std::vector<WantedCertificate> wanted;
  const auto& proxy = facts.proxy.container;
  if (!proxy || !proxy->running()) return wanted;
  const auto add = [&](const ServiceConfig& service) {
    const auto https = https_route(project.config, service, project.secrets, facts.salt);
    const bool here =
        std::find(service.hosts.begin(), service.hosts.end(), facts.host) != service.hosts.end();
    if (!https || https->own || !here || !service.route) return;
    for (const std::string& name : service.route->hosts) wanted.push_back({name, https->authority});
  };
  for (const ServiceConfig& service : project.config.services)
    for (const ServiceConfig& route : service.by_route()) add(route);
  return wanted;
}

Script looks_script(const Project& project, const HostFacts& facts) {
  Script script;
  const Engine engine(facts);
  for (const ServiceConfig& service : project.config.services) {
    const LiveSet set = find_live_set(facts, identity_of(project.config), service.name);
    if (set.live.empty() || what_is_wrong(set, static_cast<int>(set.live.size())) != "") continue;
    std::vector<std::string> names;
    for (const ContainerFacts& container : set.live) names.push_back(container.name);
    const auto image = facts.images.find(service.image);
    const Gate gate = gate_for(service, identity_of(project.config),
                               image == facts.images.end() ? ImageFacts{} : image->second, names,
                               probe_route(engine, &service, set.live.front()));
    script.sections.push_back({"health", health_looks(engine, gate)});
  }
  if (const auto wanted = wanted_certificates(project, facts); !wanted.empty())
    script.sections.push_back(read_certificates(Engine(facts), wanted));
  return script;
}

// "shop.example.com -----BEGIN CERTIFICATE-----|MII...": of what the host told.
CertificateView certificate_view(const std::string& host, const std::string& told) {
  const size_t blank = std::min(told.find(' '), told.size() - 1);
  CertificateView view{host, told.substr(0, blank), "", "", ""};
  const std::string rest = told.substr(blank + 1);
  if (const auto read = read_certificate(replace_all(rest, "|", "\n"))) {
    view.issuer = read->issuer;
    view.not_after = utc_text(read->not_after);
    return view;
  }
  constexpr size_t kWord = std::string_view("pending").size();
  view.pending = trim(std::string_view(rest).substr(std::min(kWord, rest.size())));
  if (view.pending.empty()) view.pending = "the authority has not answered yet";
  return view;
}

// "shop-web 3" of every host. A host that can't be asked any more leaves its containers unknown.
Looks look(const Project& project, Hosts& hosts, const std::map<std::string, HostFacts>& facts,
           StatusView& view) {
  std::map<std::string, Script> scripts;
  for (const auto& [host, known] : facts) {
    Script script = looks_script(project, known);
    if (!script.sections.empty()) scripts[host] = std::move(script);
  }
  Looks looks;
  const auto ended = hosts.run(scripts);
  if (!ended) return looks;
  for (const auto& [host, end] : *ended) {
    for (const ScriptEvent& event : end.events) {
      if (event.kind == ScriptEvent::Kind::told && event.key == "certificate" &&
          !event.value.empty())
        view.certificates.push_back(certificate_view(host, event.value));
      const size_t blank = event.value.find(' ');
      if (event.key != "health" || blank == std::string::npos) continue;
      looks[{host, event.value.substr(0, blank)}] = event.value[blank + 1] - '0';
    }
  }
  return looks;
}

ContainerView view_of(const std::string& host, const ContainerFacts& container,
                      const std::string& role, const Looks& looks) {
  return {container.name,
          role,
          container.state,
          health_of(host, container, looks),
          container.label(label::kRelease),
          container.label(label::kSlot),
          container.started_at,
          container.restarts};
}

bool is_secret_field(std::string_view field, const std::set<std::string>& secrets) {
  constexpr std::string_view kSecret = "secret.";
  return field.starts_with(kSecret) && secrets.contains(std::string(field.substr(kSecret.size())));
}

// What would change by a deploy now. Which version that would deploy is not known here, so an image
// that is not on the host says nothing.
std::vector<std::string> drift_of(const Project& project, const ServiceConfig& service,
                                  const HostFacts& facts, const LiveSet& set) {
  std::vector<std::string> drift;
  if (set.live.empty()) return drift;
  const auto image = facts.images.find(service.image);
  const bool known = image != facts.images.end();
  const std::string id = known ? image->second.id : "";
  const Fields wanted = service_fields(service, id, project.secrets, facts.salt);
  const Fields present = parse_fields(set.live.front().label(label::kFields));
  for (const FieldChange& change : compare_fields(present, wanted)) {
    if (!known && change.field.starts_with("image")) continue;
    if (is_secret_field(change.field, project.unknown_secrets)) continue;
    drift.push_back(fmt::format("{}: {} -> {}", change.field,
                                change.before.empty() ? "(none)" : change.before,
                                change.after.empty() ? "(none)" : change.after));
  }
  return drift;
}

ServiceView view_of(const Project& project, const ServiceConfig& service, const HostFacts& facts,
                    const Looks& looks) {
  const LiveSet set = find_live_set(facts, identity_of(project.config), service.name);
  ServiceView view;
  view.host = facts.host;
  view.service = service.name;
  view.release = set.release;
  if (needs_proxy(service)) view.slot = to_string(set.slot);
  view.trouble = set.live.empty() ? "nothing runs" : what_is_wrong(set, service.replicas);
  view.drift = drift_of(project, service, facts, set);
  for (const ContainerFacts& container : set.live)
    view.containers.push_back(view_of(facts.host, container, "live", looks));
  for (const ContainerFacts& container : set.others)
    view.containers.push_back(
        view_of(facts.host, container, container.running() ? "candidate" : "retired", looks));
  return view;
}

}  // namespace

ExitStatus status(App& app) {
  auto project = open_project(app, {std::string("none"), SecretsWanted::known});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  StatusView view;
  view.project = project->config.project;
  view.environment = project->config.environment;
  std::optional<Code> failure;
  std::map<std::string, HostFacts> known;
  for (const auto& [host, answer] : hosts.facts({})) {
    if (answer) {
      known[host] = *answer;
    } else {
      view.hosts.push_back({host, "", "", answer.error()});
      failure = answer.error().code;
    }
  }
  const Looks looks = look(*project, hosts, known, view);
  for (const auto& [host, facts] : known) {
    const auto& proxy = facts.proxy.container;
    view.hosts.push_back({host, to_string(facts.engine_kind) + (" " + facts.engine_version),
                          proxy ? proxy->state : "not there", std::nullopt});
    for (const ServiceConfig& service : project->config.services)
      if (std::find(service.hosts.begin(), service.hosts.end(), host) != service.hosts.end())
        view.services.push_back(view_of(*project, service, facts, looks));
    for (const std::string& finding : recover({project->config, facts, std::nullopt}).findings)
      view.leftovers.push_back(host + ": " + finding);
  }
  app.reporter.status(view);
  return failure ? exit_status_of(*failure) : ExitStatus::done;
}

}  // namespace segue
