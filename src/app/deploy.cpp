#include "builder.hpp"
#include "deployment.hpp"
#include "hooks.hpp"
#include "image_lending.hpp"
#include "registry_password.hpp"

#include <utility>

namespace segue {
namespace {

// What comes before the hosts are asked for anything that matters: images, and the project's hooks.
class Preparation {
 public:
  Preparation(App& app, const DeployOptions& options, Project& project, Hosts& hosts, Hooks& hooks)
      : app_(app), options_(options), project_(project), hosts_(hosts), hooks_(hooks) {}

  Result<> run() {
    if (options_.build && needs_architectures(project_, true)) TRY(ask_for_architectures());
    TRY(images());
    if (needs_architectures(project_, false)) TRY(ask_for_architectures());
    hooks_.name_version(version());
    TRY(connect());
    return find_registry_password(app_, project_, options_.yes);
  }

  std::string version() const {
    return options_.version ? *options_.version : project_.config.version(project_.services);
  }

 private:
  Result<> images() {
    if (!options_.build) return find_built_images(app_, project_, options_.version);
    const BuildRequest build{options_.version,
                             options_.no_cache,
                             options_.initiator,
                             options_.file,
                             project_.config.builder.registry.exists(),
                             options_.yes,
                             [this](const std::string& version) {
                               hooks_.name_version(version);
                               return hooks_.run("pre_build", project_.config.hooks.pre_build);
                             }};
    return build_images(app_, project_, build);
  }

  // Before the first host is reached, once.
  Result<> connect() {
    if (std::exchange(connected_, true)) return {};
    return hooks_.run("pre_connect", project_.config.hooks.pre_connect);
  }

  // What is built for a host is built for what it is.
  Result<> ask_for_architectures() {
    if (!connected_) {
      TRY_ASSIGN(const std::string version, version_to_build(app_, project_, options_.version));
      hooks_.name_version(version);
    }
    TRY(connect());
    TRY_ASSIGN(const auto facts, all_or_error(app_, hosts_.facts({})));
    for (const auto& [host, known] : facts) project_.architectures[host] = known.architecture;
    return {};
  }

  App& app_;
  const DeployOptions& options_;
  Project& project_;
  Hosts& hosts_;
  Hooks& hooks_;
  bool connected_ = false;
};

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
  prepare_lending(*project);
  Hosts hosts(app, *project);
  Preparation preparation(app, options, *project, hosts, hooks);
  if (const auto ready = preparation.run(); !ready) return told(app, ready.error());
  hosts.runner().hide(project->secrets);  // those of the build and the registry, too
  hosts.use_images(built_ids(*project));
  DeploymentRequest request;
  request.version = preparation.version();
  request.yes = options.yes;
  request.initiator = options.initiator;
  request.message = options.message;
  request.lock_timeout = options.lock_timeout;
  std::string begun;  // the release
  request.before_changes = [&](const std::string& release) {
    begun = release;
    return hooks.run("pre_deploy", project->config.hooks.pre_deploy, {{"SEGUE_RELEASE", release}});
  };
  const auto view = Deployment(app, request, *project, hosts).run();
  if (!begun.empty()) run_last_hook(app, *project, hooks, begun, view);
  return show_deployed(app, view);
}

}  // namespace segue
