#include "cleanup_builder.hpp"

#include "stage_builder.hpp"

#include "segue/base/text.hpp"
#include "segue/host/contents.hpp"
#include "segue/plan/service_contents.hpp"
#include "segue/proxy/certificates.hpp"
#include "segue/proxy/proxy_sections.hpp"
#include "segue/proxy/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

Step remove_retired(const Roll& roll, const Engine& engine) {
  ShellText body("segue_answer=$(");
  body += engine.remove(roll.retired);
  body.raw(" 2>&1) || { segue_problem stop \"$segue_answer\"; return 96; }");
  return {"remove " + join(roll.retired, ", "),
          "the deploy has succeeded everywhere",
          {"remove", std::move(body)},
          roll.service};
}

// Whether the former containers had a port or a protocol of their own.
bool moves(const Roll& roll) {
  const auto is_change_of = [](const FieldChange& change, const char* key) {
    return change.field.starts_with("proxy.") && change.field.ends_with(key);
  };
  bool ports = false;
  for (const FieldChange& change : roll.changes) {
    if (!is_change_of(change, ".app_port")) continue;
    if (!change.before.empty()) return true;
    ports = true;
  }
  return !ports && std::any_of(roll.changes.begin(), roll.changes.end(),
                               [&](const auto& change) { return is_change_of(change, ".scheme"); });
}

}  // namespace

HostSteps CleanupBuilder::build(const Retention* retention) const {
  HostSteps cleanup{facts_.host, {}};
  for (const Roll& roll : rolls_)
    if (roll.host == facts_.host && !roll.retired.empty())
      cleanup.steps.push_back(remove_retired(roll, engine_));
  for (Step step : {remove_lost_routes(), settle_routes(), see_obtained(), remove_contents_left()})
    if (!step.title.empty()) cleanup.steps.push_back(std::move(step));
  if (retention == nullptr) return cleanup;
  if (Step step = let_go_of_old_images(*retention); !step.title.empty())
    cleanup.steps.push_back(std::move(step));
  return cleanup;
}

const Roll* CleanupBuilder::roll_of(const std::string& service) const {
  const auto it = std::find_if(rolls_.begin(), rolls_.end(), [&](const Roll& roll) {
    return roll.host == facts_.host && roll.service == service;
  });
  return it == rolls_.end() ? nullptr : &*it;
}

Step CleanupBuilder::remove_lost_routes() const {
  RouteChange change;
  for (const auto& [file, route] : facts_.proxy.routes) {
    const std::string name = service_of_route(file, identity_of(request_.config));
    const ServiceConfig* service = name.empty() ? nullptr : request_.config.service(name);
    if (service != nullptr && !needs_proxy(*service) && roll_of(name) != nullptr)
      change.remove.push_back(file);
  }
  if (change.remove.empty()) return {};
  return {"remove routes that lead nowhere any more", "their services have no proxy now",
          write_routes(engine_, facts_.state_root, change)};
}

Step CleanupBuilder::settle_routes() const {
  RouteChange change;
  std::vector<std::string> names;
  bool moved = false;
  for (const ServiceConfig* service : services_) {
    if (!is_routed(*service)) continue;
    const Roll* roll = roll_of(service->name);
    const bool moves_here = roll != nullptr && moves(*roll);
    for (const ServiceConfig& route : service->by_route()) {
      ProxiedService proxied =
          proxied_service(request_.config, route, service->replicas, service->replicas);
      const std::vector<std::string> left = former_names(facts_, proxied);
      if (left.empty() && !moves_here) continue;
      names.insert(names.end(), left.begin(), left.end());
      moved = moved || moves_here;
      proxied.https = https_route(request_.config, route, request_.secrets,
                                  facts_.salt.empty() ? request_.new_salt : facts_.salt);
      change.write.push_back(std::move(proxied));
    }
  }
  if (change.write.empty()) return {};
  Section section = write_routes(engine_, facts_.state_root, change);
  if (names.empty())
    return {"set the routes of what has another port now",
            "the former containers, which had their own, are gone", std::move(section)};
  return {"take " + join(names, ", ") + " from the routes",
          moved ? "deploy.yml has them no more, and the former containers are gone"
                : "deploy.yml has them no more",
          std::move(section)};
}

// What older releases had stays as long as they can be gone back to; the host knows which those
// are.
Step CleanupBuilder::remove_contents_left() const {
  std::set<std::string> wanted;
  std::string image_id;
  for (const ServiceConfig* service : services_) {
    for (const NeededContent& need : needed_contents(*service, facts_)) {
      image_id = need.image_id;
      wanted.insert(need.upload->content);
      if (!need.upload->keeps) wanted.insert(need.name);
    }
  }
  const auto there = std::count_if(wanted.begin(), wanted.end(), [&](const std::string& name) {
    return facts_.contents.contains(name);
  });
  if (facts_.content_count <= there) return {};
  return {"remove files that no release has any more", "those of the newest 30 stay",
          remove_contents({facts_.state_root, identity_of(request_.config)}, engine_,
                          {wanted.begin(), wanted.end()}, image_id)};
}

Step CleanupBuilder::let_go_of_old_images(const Retention& retention) const {
  const std::vector<RecordedImage> images = retention.images_of(facts_);
  const std::vector<LeavingImage> old = leaving(images);
  if (old.empty()) return {};
  std::vector<std::string> names;
  for (const RecordedImage& image : images)
    if (image.kept_by.empty() &&
        std::find(names.begin(), names.end(), image.reference) == names.end())
      names.push_back(image.reference);
  return {"remove images that are too old: " + join(names, ", "), "`retain` says how many stay",
          let_go_of_images({facts_.state_root, identity_of(request_.config)}, engine_, old,
                           {facts_.let_go, retention.sequence()})};
}

Step CleanupBuilder::see_obtained() const {
  std::vector<WantedCertificate> wanted;
  std::vector<std::string> names;
  const auto add = [&](const ServiceConfig& service) {
    const auto https = https_route(request_.config, service, request_.secrets, facts_.salt);
    if (!https || https->own || !service.route) return;
    for (const std::string& name : service.route->hosts) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      names.push_back(name);
      wanted.push_back({name, https->authority});
    }
  };
  for (const ServiceConfig* service : services_)
    for (const ServiceConfig& route : service->by_route()) add(route);
  if (wanted.empty()) return {};
  return {"see the certificate of " + join(names, ", "), "without one there is no HTTPS",
          see_certificates(engine_, facts_.state_root, wanted)};
}

}  // namespace segue
