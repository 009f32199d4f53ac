// `segue deploy`, `segue rollback`, `segue plan` and `segue build`.
#include "invocation.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace segue {

void add_deploy_commands(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<DeployOptions>();
  const auto version = std::make_shared<std::string>();
  const auto given = [version]() -> std::optional<std::string> {
    if (version->empty()) return std::nullopt;
    return *version;
  };

  CLI::App* deploy_command =
      app.add_subcommand("deploy", "Replace running containers without a failed request");
  deploy_command->fallthrough();
  deploy_command->add_option("--version", *version, "Of what is built, and ${VERSION} in an image")
      ->type_name("V");
  CLI::Option* build_first =
      deploy_command->add_flag("--build", options->build, "First build what has `build`");
  deploy_command->add_flag("--no-cache", options->no_cache, "Build every step anew")
      ->needs(build_first);
  deploy_command->add_flag("-y,--yes", options->yes, "Do not ask");
  deploy_command
      ->add_option("--initiator", options->initiator, "Who deploys (default: user@machine)")
      ->type_name("WHO");
  deploy_command->add_option("-m,--message", options->message, "Why: kept with the release")
      ->type_name("TEXT");
  add_duration(*deploy_command, "--lock-timeout", options->lock_timeout,
               "Wait so long for who holds the lock");
  deploy_command->callback([&invocation, options, given] {
    invocation.run = [options, given](App& a) {
      options->version = given();
      return deploy(a, *options);
    };
  });

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

  CLI::App* plan_command =
      app.add_subcommand("plan", "Show what deploy would do; exit 0: nothing, 10: changes");
  plan_command->fallthrough();
  plan_command->add_option("--version", *version, "Of what is built, and ${VERSION} in an image")
      ->type_name("V");
  const auto may_run = std::make_shared<bool>(false);
  plan_command->add_flag("-y,--yes", *may_run, "Run what deploy.yml names for secrets, unasked");
  plan_command->callback([&invocation, given, may_run] {
    invocation.run = [given, may_run](App& a) { return plan(a, {given(), *may_run}); };
  });

  const auto to_build = std::make_shared<BuildOptions>();
  CLI::App* build_command =
      app.add_subcommand("build", "Build the images of services with `build`, on this machine");
  build_command->fallthrough();
  build_command->add_option("--version", *version, "Their tag (default: the git commit)")
      ->type_name("V");
  build_command->add_flag("--no-cache", to_build->no_cache, "Build every step anew");
  build_command
      ->add_option("--initiator", to_build->initiator, "Who builds (default: user@machine)")
      ->type_name("WHO");
  build_command->callback([&invocation, given, to_build] {
    invocation.run = [given, to_build](App& a) {
      to_build->version = given();
      return build(a, *to_build);
    };
  });
}

}  // namespace segue
