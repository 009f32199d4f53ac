#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/host/lock.hpp"

#include <fmt/format.h>

namespace segue {

ExitStatus lock_status(App& app) {
  auto project = open_project(app, {std::string("none"), false});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  std::vector<LockView> views;
  Code code = Code::failed;
  bool failed = false;
  for (const auto& [host, facts] : hosts.facts({})) {
    LockView view;
    view.host = host;
    if (facts) {
      view.held = facts->lock.held;
      view.generation = facts->lock.generation;
      view.holder = facts->lock.holder;
      if (view.held && view.holder) view.owner = to_string(owner_of(*view.holder, facts->boot_id));
    } else {
      view.error = facts.error();
      code = facts.error().code;
      failed = true;
    }
    views.push_back(std::move(view));
  }
  app.reporter.lock(views);
  return failed ? exit_status_of(code) : ExitStatus::done;
}

// Without --force only a lock whose owner is certainly dead: a living deploy would lose its fence.
ExitStatus lock_release(App& app, bool force) {
  auto project = open_project(app, {std::string("none"), false});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  const auto facts = all_or_error(app, hosts.facts({}));
  if (!facts) return told(app, facts.error());
  std::map<std::string, Script> scripts;
  for (const auto& [host, known] : *facts) {
    if (!known.lock.held) continue;
    const bool dead =
        known.lock.holder && owner_of(*known.lock.holder, known.boot_id) == Owner::dead;
    if (!dead && !force) {
      const std::string who = known.lock.holder ? describe(*known.lock.holder) : "held";
      return told(app, {Code::lock_held,
                        fmt::format("the lock on {} is {}", host, who),
                        "if you are sure that it is dead: segue lock release --force",
                        {},
                        {}});
    }
    const Layout layout{known.state_root, {project->config.project, project->config.environment}};
    scripts[host].sections = {release_lock(layout, known.lock.generation)};
  }
  if (scripts.empty()) {
    app.reporter.value("lock_released", {{"hosts", "0"}}, "no lock is held");
    return ExitStatus::done;
  }
  const auto ended = hosts.run(scripts);
  if (!ended) return told(app, ended.error());
  for (const auto& [host, end] : *ended) {
    const auto* exited = std::get_if<Exited>(&end.outcome);
    if (exited == nullptr || exited->status != 0)
      return told(app, {Code::failed,
                        fmt::format("the lock on {} could not be released", host),
                        "try again; see `segue lock status`",
                        {},
                        {}});
    app.reporter.value("lock_released", {{"host", host}},
                       fmt::format("the lock on {} is released", host));
  }
  return ExitStatus::done;
}

}  // namespace segue
