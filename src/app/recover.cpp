#include "audit_entry.hpp"
#include "hosts.hpp"
#include "settle.hpp"

#include "segue/app/app.hpp"
#include "segue/os/terminal.hpp"

#include <optional>

namespace segue {
namespace {

Result<bool> recover_all(App& app, Project& project, Hosts& hosts, bool yes,
                         const LockHolder& holder, std::map<std::string, HostFacts>& facts) {
  TRY_ASSIGN(facts, all_or_error(app, hosts.facts({})));
  if (!needs_settling(project.config, facts)) return false;
  for (const auto& [host, known] : facts)
    for (const std::string& finding : recover({project.config, known, std::nullopt}).findings)
      app.reporter.note(host + ": " + finding);
  if (!yes) {
    TRY_ASSIGN(const bool agreed, ask_yes_no("Settle this?", app.signals.wake_fd()));
    if (!agreed) return fail(Code::failed, "not confirmed: nothing was changed");
  }
  TRY(hosts.lock(facts, holder));
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
  auto project = open_project(app, {.version = "none", .yes = yes});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  std::map<std::string, HostFacts> facts;
  const TimePoint began = Clock::now();
  const LockHolder holder = make_holder("recover", "", "settling what an earlier deploy left");
  AuditEntry audit = make_audit_entry(app, *project, holder, "recover");
  const auto changed = recover_all(app, *project, hosts, yes, holder, facts);
  end_audit_entry(audit, changed ? std::nullopt : std::optional(changed.error()), began,
                  hosts.took_over());
  hosts.unlock(facts, audit);
  if (!changed) return told(app, changed.error());
  app.reporter.value("recovered", {{"changed", *changed ? "true" : "false"}},
                     *changed ? "every host is at rest again; see `segue status`"
                              : "nothing to recover: every host is at rest");
  return ExitStatus::done;
}

}  // namespace segue
