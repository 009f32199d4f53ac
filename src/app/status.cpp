#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/plan/live_set.hpp"
#include "segue/plan/service_containers.hpp"
#include "segue/rollout/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

std::string health_of(const ContainerFacts& container) {
  if (!container.running()) return "unhealthy";
  return container.health.empty() || container.health == "starting" ? "unknown" : container.health;
}

ContainerView view_of(const ContainerFacts& container, const std::string& role) {
  return {container.name,
          role,
          container.state,
          health_of(container),
          container.label(label::kRelease),
          container.label(label::kSlot),
          container.started_at,
          container.restarts};
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
    drift.push_back(fmt::format("{}: {} -> {}", change.field,
                                change.before.empty() ? "(none)" : change.before,
                                change.after.empty() ? "(none)" : change.after));
  }
  return drift;
}

ServiceView view_of(const Project& project, const ServiceConfig& service, const HostFacts& facts) {
  const LiveSet set = find_live_set(facts, identity_of(project.config), service.name);
  ServiceView view;
  view.host = facts.host;
  view.service = service.name;
  view.release = set.release;
  if (needs_proxy(service)) view.slot = to_string(set.slot);
  view.trouble = set.live.empty() ? "nothing runs" : what_is_wrong(set, service.replicas);
  view.drift = drift_of(project, service, facts, set);
  for (const ContainerFacts& container : set.live)
    view.containers.push_back(view_of(container, "live"));
  for (const ContainerFacts& container : set.others)
    view.containers.push_back(view_of(container, container.running() ? "candidate" : "retired"));
  return view;
}

}  // namespace

ExitStatus status(App& app) {
  auto project = open_project(app, {std::string("none"), true});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  StatusView view;
  view.project = project->config.project;
  view.environment = project->config.environment;
  std::optional<Code> failure;
  for (const auto& [host, facts] : hosts.facts({})) {
    if (!facts) {
      view.hosts.push_back({host, "", "", facts.error()});
      failure = facts.error().code;
      continue;
    }
    const auto& proxy = facts->proxy.container;
    view.hosts.push_back({host, "docker " + facts->engine_version,
                          proxy ? proxy->state : "not there", std::nullopt});
    for (const ServiceConfig& service : project->config.services)
      if (std::find(service.hosts.begin(), service.hosts.end(), host) != service.hosts.end())
        view.services.push_back(view_of(*project, service, *facts));
    for (const std::string& finding : recover({project->config, *facts, std::nullopt}).findings)
      view.leftovers.push_back(host + ": " + finding);
  }
  app.reporter.status(view);
  return failure ? exit_status_of(*failure) : ExitStatus::done;
}

}  // namespace segue
