// `segue proxy gc`: removes routes and tokens of services that have no container any more, of any
// project of the hosts.
#include "audit_entry.hpp"
#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/text.hpp"
#include "segue/host/problem.hpp"
#include "segue/os/terminal.hpp"
#include "segue/proxy/proxy_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

using Facts = std::map<std::string, HostFacts>;
using Routes = std::map<std::string, std::vector<ProxiedRoute>>;  // by host

bool has_container(const HostFacts& facts, const ProxiedRoute& route) {
  if (route.is_extra())
    return std::ranges::any_of(facts.containers, [&](const ContainerFacts& container) {
      return container.of(route.identity.project, route.identity.environment);
    });
  return !facts.of_service(route.identity.project, route.identity.environment, route.service)
              .empty();
}

Result<Routes> find_stale(Hosts& hosts, const Facts& facts) {
  std::map<std::string, Script> scripts;
  for (const auto& [host, known] : facts)
    if (known.proxy.container && known.proxy.container->running())
      scripts[host].sections = {ask_proxy(Engine(known), known.state_root)};
  TRY_ASSIGN(const auto ended, hosts.run(scripts));
  Routes stale;
  for (const auto& [host, end] : ended) {
    auto report = parse_proxy_report(end.outputs.at(0));
    if (!report) return tl::unexpected(Error(report.error()).in(host));
    for (ProxiedRoute& route : report->routes)
      if (!has_container(facts.at(host), route)) stale[host].push_back(std::move(route));
  }
  return stale;
}

Result<> remove(App& app, const Project& project, Hosts& hosts, const Facts& facts,
                const Routes& stale) {
  AuditEntry audit = make_audit_entry(app, project, make_holder("proxy gc", "", ""), "proxy gc");
  audit.status = "succeeded";
  std::map<std::string, Script> scripts;
  for (const auto& [host, routes] : stale) {
    const HostFacts& known = facts.at(host);
    const Layout layout{known.state_root, {project.config.project, project.config.environment}};
    audit.detail =
        fmt::format("{} removed", counted(static_cast<long long>(routes.size()), "route"));
    scripts[host].sections = {remove_routes(Engine(known), known.state_root, routes),
                              append_audit(layout, audit)};
  }
  TRY_ASSIGN(const auto ended, hosts.run(scripts));
  std::optional<Error> failure;
  for (const auto& [host, end] : ended) {
    for (const ScriptEvent& event : end.events) {
      if (event.key == "removed")
        app.reporter.value("proxy_removed", {{"host", host}, {"service", event.value}},
                           fmt::format("{}: removed {}", host, event.value));
      if (event.key == "skipped")
        app.reporter.note(
            fmt::format("{}: {} is left, its project holds the lock", host, event.value));
    }
    const auto* exited = std::get_if<Exited>(&end.outcome);
    if (exited != nullptr && exited->status == 0) continue;
    failure = told_problem(end.events, facts.at(host).engine_kind)
                  .value_or(Error{Code::partial,
                                  "the removal did not come to its end",
                                  "try again: segue proxy gc",
                                  {},
                                  {}})
                  .in("on " + host);
  }
  if (failure) return tl::unexpected(*failure);
  return {};
}

Result<> collect(App& app, const Project& project, Hosts& hosts, bool yes) {
  TRY_ASSIGN(const Facts facts, all_or_error(app, hosts.facts({})));
  TRY_ASSIGN(const Routes stale, find_stale(hosts, facts));
  for (const auto& [host, routes] : stale)
    for (const ProxiedRoute& route : routes)
      app.reporter.note(
          fmt::format("{}: {} has no container, its route leads nowhere", host, route.key()));
  if (stale.empty()) {
    app.reporter.value("proxy_removed", {}, "nothing to remove: every route leads somewhere");
    return {};
  }
  if (!yes) {
    TRY_ASSIGN(const bool agreed, ask_yes_no("Remove these routes?", app.signals.wake_fd()));
    if (!agreed) return fail(Code::failed, "not confirmed: nothing was changed");
  }
  return remove(app, project, hosts, facts, stale);
}

}  // namespace

ExitStatus proxy_gc(App& app, bool yes) {
  if (!yes && !app.options.interactive)
    return told(app, {Code::usage,
                      "proxy gc asks before it removes anything, and nobody is there to ask",
                      "say yes beforehand: segue proxy gc -y",
                      {},
                      {}});
  auto project = open_project(app, {.version = "none", .yes = yes});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  const auto result = collect(app, *project, hosts, yes);
  return result ? ExitStatus::done : told(app, result.error());
}

}  // namespace segue
