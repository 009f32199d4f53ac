#include "builder.hpp"
#include "deployment.hpp"
#include "hooks.hpp"
#include "image_lending.hpp"
#include "registry_password.hpp"

namespace segue {
namespace {

std::string version_of(const DeployOptions& options, const Config& config) {
  if (options.version) return *options.version;
  const std::string& image = config.services.front().image;
  const size_t colon = image.rfind(':');
  return colon == std::string::npos ? "untagged" : image.substr(colon + 1);
}

// What the deploy has come to, it has come to: its hooks are told, and can't change it any more.
void run_last_hook(App& app, const Project& project, Hooks& hooks, const std::string& release,
                   const Result<DeployView>& view) {
  std::optional<Error> error;
  if (!view) error = view.error();
  if (view) error = view->result.error;
  Hooks::Variables told{{"SEGUE_RELEASE", release},
                        {"SEGUE_STATUS", error ? "failed" : "succeeded"},
                        {"SEGUE_ERROR", error ? error->what : ""}};
  const auto ran = error ? hooks.run("on_failure", project.config.hooks.on_failure, told)
                         : hooks.run("post_deploy", project.config.hooks.post_deploy, told);
  if (!ran) app.reporter.error(ran.error());
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
  Hooks hooks(app, *project, options.initiator);
  if (const auto agreed = hooks.ask(options.yes); !agreed) return told(app, agreed.error());
  const HooksConfig& programs = project->config.hooks;
  const auto before = [&](const std::string& version) {
    hooks.name_version(version);
    return hooks.run("pre_build", programs.pre_build);
  };
  const BuildRequest build{options.version,
                           options.no_cache,
                           options.initiator,
                           options.file,
                           project->config.builder.registry.exists(),
                           options.yes,
                           before};
  const auto built = options.build ? build_images(app, *project, build)
                                   : find_built_images(app, *project, options.version);
  if (!built) return told(app, built.error());
  hooks.name_version(version_of(options, project->config));
  if (const auto ran = hooks.run("pre_connect", programs.pre_connect); !ran)
    return told(app, ran.error());
  if (const auto found = find_registry_password(app, *project, options.yes); !found)
    return told(app, found.error());
  prepare_lending(*project);
  Hosts hosts(app, *project);
  hosts.use_images(built_ids(*project));
  DeploymentRequest request;
  request.version = version_of(options, project->config);
  request.yes = options.yes;
  request.initiator = options.initiator;
  request.message = options.message;
  request.lock_timeout = options.lock_timeout;
  std::string begun;  // the release
  request.before_changes = [&](const std::string& release) {
    begun = release;
    return hooks.run("pre_deploy", programs.pre_deploy, {{"SEGUE_RELEASE", release}});
  };
  const auto view = Deployment(app, request, *project, hosts).run();
  if (!begun.empty()) run_last_hook(app, *project, hooks, begun, view);
  return show_deployed(app, view);
}

}  // namespace segue
