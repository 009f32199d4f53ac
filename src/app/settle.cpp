#include "settle.hpp"

#include "segue/host/problem.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {

bool needs_settling(const Config& config, const std::map<std::string, HostFacts>& facts) {
  return std::any_of(facts.begin(), facts.end(), [&](const auto& entry) {
    return entry.second.script_alive ||
           !recover({config, entry.second, std::nullopt}).steps.empty();
  });
}

Result<> settle(App& app, Project& project, Hosts& hosts,
                const std::map<std::string, HostFacts>& facts) {
  const bool alive = std::any_of(facts.begin(), facts.end(),
                                 [](const auto& entry) { return entry.second.script_alive; });
  app.reporter.progress(
      {Report::Kind::phase, "", "", "Settle what an earlier deploy left", "", {}});
  if (alive) app.reporter.note("a script of an earlier deploy still runs: it is ended first");
  TRY_ASSIGN(const auto fresh, all_or_error(app, hosts.facts({.end_scripts = true})));
  std::map<std::string, Script> scripts;
  for (const auto& [host, known] : fresh) {
    const Recovery recovery = recover({project.config, known, std::nullopt});
    for (const std::string& finding : recovery.findings) app.reporter.note(host + ": " + finding);
    if (recovery.steps.empty()) continue;
    const Layout layout{known.state_root, {project.config.project, project.config.environment}};
    Script& script = scripts[host];
    script.fence = Fence{layout.lock_folder(), hosts.generations().at(host)};
    script.journal = Journal{layout.journal(), layout.spool("recover"), "recover"};
    for (const Step& step : recovery.steps) script.sections.push_back(step.section);
  }
  TRY_ASSIGN(const auto ended, hosts.run(scripts));
  std::optional<Error> failure;
  for (const auto& [host, end] : ended) {
    const auto* exited = std::get_if<Exited>(&end.outcome);
    if (exited != nullptr && exited->status == 0) continue;
    Error error = told_problem(end.events, fresh.at(host).engine_kind)
                      .value_or(Error{Code::partial,
                                      "recovery did not come to its end",
                                      "try again: segue recover",
                                      {},
                                      {}});
    error.code = Code::partial;
    failure = std::move(error).in("on " + host);
    app.reporter.error(*failure);
  }
  if (failure) return fail(Code::partial, "");
  return {};
}

}  // namespace segue
