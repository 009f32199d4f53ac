// `segue rollback`: a deploy of what a release's record says, by the same plan, gates and way back.
#include "deployment.hpp"

namespace segue {
namespace {

Result<DeployView> roll_back(App& app, Project& project, const RollbackOptions& options) {
  Hosts hosts(app, project);
  DeploymentRequest request;
  request.kind = "rollback";
  request.yes = options.yes;
  request.initiator = options.initiator;
  request.message = options.message;
  request.lock_timeout = options.lock_timeout;
  request.back_to = options.release;
  return Deployment(app, request, project, hosts).run();
}

}  // namespace

ExitStatus rollback(App& app, const RollbackOptions& options) {
  if (!options.yes && !app.options.interactive)
    return told(app, {Code::usage,
                      "rollback asks before it changes anything, and nobody is there to ask",
                      "say yes beforehand: segue rollback -y",
                      {},
                      {}});
  auto project = open_project(app, {.version = "none", .yes = options.yes});
  if (!project) return told(app, project.error());
  return show_deployed(app, roll_back(app, *project, options));
}

}  // namespace segue
