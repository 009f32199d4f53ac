#include "hosts.hpp"
#include "settle.hpp"

#include "segue/app/app.hpp"
#include "segue/os/terminal.hpp"

namespace segue {
namespace {

Result<bool> recover_all(App& app, Project& project, Hosts& hosts, bool yes,
                         std::map<std::string, HostFacts>& facts) {
  TRY_ASSIGN(facts, all_or_error(app, hosts.facts({})));
  if (!needs_settling(project.config, facts)) return false;
  for (const auto& [host, known] : facts)
    for (const std::string& finding : recover({project.config, known, std::nullopt}).findings)
      app.reporter.note(host + ": " + finding);
  if (!yes) {
    TRY_ASSIGN(const bool agreed, ask_yes_no("Settle this?", app.signals.wake_fd()));
    if (!agreed) return fail(Code::failed, "not confirmed: nothing was changed");
  }
  TRY(hosts.lock(facts, make_holder("recover", "", "settling what an earlier deploy left")));
  TRY(settle(app, project, hosts, facts));
  return true;
}

}  // namespace

ExitStatus recover(App& app, bool yes) {
  if (!yes && !app.options.interactive)
    return told(app, {Code::usage,
                      "recover asks before it changes anything, and nobody is there to ask",
                      "say yes beforehand: segue recover -y",
                      {},
                      {}});
  auto project = open_project(app, {std::string("none"), false});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  std::map<std::string, HostFacts> facts;
  const auto changed = recover_all(app, *project, hosts, yes, facts);
  hosts.unlock(facts);
  if (!changed) return told(app, changed.error());
  app.reporter.value("recovered", {{"changed", *changed ? "true" : "false"}},
                     *changed ? "every host is at rest again; see `segue status`"
                              : "nothing to recover: every host is at rest");
  return ExitStatus::done;
}

}  // namespace segue
