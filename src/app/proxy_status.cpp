// `segue proxy status`: what the proxy of each host runs and where its routes lead.
#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/host/problem.hpp"
#include "segue/proxy/proxy_report.hpp"

namespace segue {
namespace {

ProxyView view_of(const Project& project, const HostFacts& facts) {
  ProxyView view;
  view.host = facts.host;
  const auto& container = facts.proxy.container;
  view.state = container ? container->state : "not there";
  if (!container) return view;
  view.image = facts.proxy.image;
  view.started_at = container->started_at;
  view.ports = facts.proxy.ports;
  const std::string& wanted = project.config.proxy.image;
  const auto known = facts.images.find(wanted);
  const bool present = known != facts.images.end() && known->second.present();
  const bool same =
      present ? known->second.id == facts.proxy.image_id : wanted == facts.proxy.image;
  if (!same) view.wanted_image = wanted;
  return view;
}

void add(ProxyView& view, ProxyReport report) {
  view.version = report.version;
  view.is_loaded = report.is_loaded;
  view.upgrading = report.two;
  for (ProxiedRoute& route : report.routes) {
    const bool extra = route.is_extra();
    view.routes.push_back({route.identity.project, route.identity.environment,
                           extra ? kExtraKey : route.service, std::move(route.hosts),
                           std::move(route.path), route.https, extra ? "" : to_string(route.slot),
                           route.in_flight, route.in_flight_other});
  }
}

}  // namespace

ExitStatus proxy_status(App& app) {
  auto project = open_project(app, {std::string("none")});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  std::vector<ProxyView> views;
  std::map<std::string, Script> scripts;
  std::optional<Code> failure;
  for (const auto& [host, facts] : hosts.facts({})) {
    if (!facts) {
      views.emplace_back().host = host;
      views.back().error = facts.error();
      failure = facts.error().code;
      continue;
    }
    views.push_back(view_of(*project, *facts));
    if (views.back().state != "running") continue;
    scripts[host].sections = {ask_proxy(Engine(*facts), facts->state_root)};
  }
  const auto ended = hosts.run(scripts);
  if (!ended) return told(app, ended.error());
  for (ProxyView& view : views) {
    const auto end = ended->find(view.host);
    if (end == ended->end()) continue;
    auto report = parse_proxy_report(end->second.outputs.at(0));
    if (report) {
      add(view, std::move(*report));
    } else {
      view.error = Error(report.error()).in(view.host);
      failure = report.error().code;
    }
  }
  app.reporter.proxies(views);
  return failure ? exit_status_of(*failure) : ExitStatus::done;
}

}  // namespace segue
