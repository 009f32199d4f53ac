#include "builder.hpp"
#include "hosts.hpp"
#include "settle.hpp"

#include "segue/app/app.hpp"
#include "segue/model/release_id.hpp"
#include "segue/plan/deploy_planner.hpp"

namespace segue {
namespace {

int next_sequence(const std::map<std::string, HostFacts>& facts) {
  int highest = 0;
  for (const auto& [host, known] : facts) highest = std::max(highest, known.highest_sequence);
  return highest + 1;
}

}  // namespace

// Changes nothing, so it takes no lock: what it says is true at the moment it looks.
ExitStatus plan(App& app, const PlanOptions& options) {
  auto project = open_project(app, {options.version, SecretsWanted::all, options.yes});
  if (!project) return told(app, project.error());
  if (const auto found = find_built_images(app, *project, options.version); !found)
    return told(app, found.error());
  Hosts hosts(app, *project);
  hosts.use_images(built_ids(*project));
  const auto facts = all_or_error(app, hosts.facts({}));
  if (!facts) return told(app, facts.error());
  const std::string release =
      make_release_id(next_sequence(*facts), options.version.value_or("next"), "0000").text();
  const Origins origins(project->document, project->secret_sources);
  const PlanRequest request{project->config,  *facts,  project->services,
                            project->secrets, release, "salt of a network that is still to be made",
                            nullptr,          &origins};
  const std::vector<Error> errors = check_hosts(request);
  for (const Error& error : errors) app.reporter.error(error);
  if (!errors.empty()) return exit_status_of(errors.front().code);
  for (const auto& [host, known] : *facts)
    for (const std::string& finding : recover({project->config, known, std::nullopt}).findings)
      app.reporter.note(host + ": " + finding + "; a deploy settles this first");
  const Plan plan = make_plan(request);
  app.reporter.plan(plan);
  return plan.empty() && !needs_settling(project->config, *facts) ? ExitStatus::done
                                                                  : ExitStatus::changes;
}

}  // namespace segue
