// `segue deploy`, `segue rollback`, `segue plan` and `segue build`.
#include "invocation.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace segue {
namespace {

constexpr const char* kVersionHelp = "Of what is built, and ${VERSION} in an image";

// `--version V` of a command: empty when it is not given.
std::shared_ptr<std::string> version_of(CLI::App& command, const char* what) {
  auto version = std::make_shared<std::string>();
  command.add_option("--version", *version, what)->type_name("V");
  return version;
}

std::optional<std::string> given(const std::string& version) {
  if (version.empty()) return std::nullopt;
  return version;
}

void add_deploy(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<DeployOptions>();
  CLI::App* deploy_command =
      app.add_subcommand("deploy", "Replace running containers without a failed request");
  deploy_command->fallthrough();
  const auto version = version_of(*deploy_command, kVersionHelp);
  CLI::Option* build_first =
      deploy_command->add_flag("--build", options->build, "First build what has `build`");
  deploy_command->add_flag("--no-cache", options->no_cache, "Build every step anew")
      ->needs(build_first);
  deploy_command->add_option("--file", options->file, "Another Dockerfile, of the one service")
      ->needs(build_first)
      ->type_name("DOCKERFILE");
  deploy_command->add_flag("-y,--yes", options->yes, "Do not ask");
  deploy_command
      ->add_option("--initiator", options->initiator, "Who deploys (default: user@machine)")
      ->type_name("WHO");
  deploy_command->add_option("-m,--message", options->message, "Why: kept with the release")
      ->type_name("TEXT");
  add_duration(*deploy_command, "--lock-timeout", options->lock_timeout,
               "Wait so long for who holds the lock");
  deploy_command->callback([&invocation, options, version] {
    invocation.run = [options, version](App& a) {
      options->version = given(*version);
      return deploy(a, *options);
    };
  });
}

void add_rollback(CLI::App& app, Invocation& invocation) {
  const auto back = std::make_shared<RollbackOptions>();
  CLI::App* rollback_command =
      app.add_subcommand("rollback", "Go back to a release: its images and its configuration");
  rollback_command->fallthrough();
  rollback_command
      ->add_option("release", back->release, "Id, number or version (default: the one before)")
      ->type_name("RELEASE");
  rollback_command->add_flag("-y,--yes", back->yes, "Do not ask");
  rollback_command
      ->add_option("--initiator", back->initiator, "Who goes back (default: user@machine)")
      ->type_name("WHO");
  rollback_command->add_option("-m,--message", back->message, "Why: kept with the release")
      ->type_name("TEXT");
  add_duration(*rollback_command, "--lock-timeout", back->lock_timeout,
               "Wait so long for who holds the lock");
  rollback_command->footer(
      "Secrets are today's. `segue deploys list` names the releases that there are.");
  rollback_command->callback(
      [&invocation, back] { invocation.run = [back](App& a) { return rollback(a, *back); }; });
}

void add_plan(CLI::App& app, Invocation& invocation) {
  CLI::App* plan_command =
      app.add_subcommand("plan", "Show what deploy would do; exit 0: nothing, 10: changes");
  plan_command->fallthrough();
  const auto version = version_of(*plan_command, kVersionHelp);
  const auto may_run = std::make_shared<bool>(false);
  plan_command->add_flag("-y,--yes", *may_run, "Run what deploy.yml names for secrets, unasked");
  plan_command->callback([&invocation, version, may_run] {
    invocation.run = [version, may_run](App& a) { return plan(a, {given(*version), *may_run}); };
  });
}

void add_build(CLI::App& app, Invocation& invocation) {
  const auto to_build = std::make_shared<BuildOptions>();
  CLI::App* build_command =
      app.add_subcommand("build", "Build the images of services with `build`, on this machine");
  build_command->fallthrough();
  const auto version = version_of(*build_command, "Their tag (default: the git commit)");
  build_command->add_flag("--push", to_build->push, "Push them to the registry of deploy.yml");
  build_command->add_flag("--no-cache", to_build->no_cache, "Build every step anew");
  build_command->add_option("--file", to_build->file, "Another Dockerfile, of the one service")
      ->type_name("DOCKERFILE");
  build_command->add_flag("-y,--yes", to_build->yes,
                          "Run hooks and programs of deploy.yml, unasked");
  build_command
      ->add_option("--initiator", to_build->initiator, "Who builds (default: user@machine)")
      ->type_name("WHO");
  build_command->callback([&invocation, version, to_build] {
    invocation.run = [version, to_build](App& a) {
      to_build->version = given(*version);
      return build(a, *to_build);
    };
  });
}

}  // namespace

void add_deploy_commands(CLI::App& app, Invocation& invocation) {
  add_deploy(app, invocation);
  add_rollback(app, invocation);
  add_plan(app, invocation);
  add_build(app, invocation);
}

}  // namespace segue
