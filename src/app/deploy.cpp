#include "deployment.hpp"

namespace segue {
namespace {

std::string version_of(const DeployOptions& options, const Config& config) {
  if (options.version) return *options.version;
  const std::string& image = config.services.front().image;
  const size_t colon = image.rfind(':');
  return colon == std::string::npos ? "untagged" : image.substr(colon + 1);
}

}  // namespace

ExitStatus deploy(App& app, const DeployOptions& options) {
  if (!options.yes && !app.options.interactive) {
    return told(
        app, fail(Code::usage, "deploy asks before it changes anything, and nobody is there to ask",
                  "say yes beforehand: segue deploy -y")
                 .value());
  }
  auto project = open_project(app, {options.version, SecretsWanted::all, options.yes});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  DeploymentRequest request;
  request.version = version_of(options, project->config);
  request.yes = options.yes;
  request.initiator = options.initiator;
  request.message = options.message;
  request.lock_timeout = options.lock_timeout;
  return show_deployed(app, Deployment(app, request, *project, hosts).run());
}

}  // namespace segue
