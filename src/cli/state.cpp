// `segue status`, `deploys` and `recover`: what is on the hosts.
#include "invocation.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace segue {

void add_state_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* status_command = app.add_subcommand("status", "What runs where, and how it is");
  status_command->fallthrough();
  status_command->callback([&invocation] { invocation.run = [](App& a) { return status(a); }; });

  CLI::App* deploys = app.add_subcommand("deploys", "The history of releases");
  deploys->fallthrough()->require_subcommand(1);
  CLI::App* list =
      deploys->add_subcommand("list", "Every release the hosts remember, newest first");
  list->fallthrough();
  list->callback([&invocation] { invocation.run = [](App& a) { return deploys_list(a); }; });

  const auto release = std::make_shared<std::string>();
  CLI::App* show = deploys->add_subcommand("show", "A release: what ran where, and how it went");
  show->fallthrough();
  show->add_option("release", *release, "Id, number or version (default: the newest)")
      ->type_name("RELEASE");
  show->callback([&invocation, release] {
    invocation.run = [release](App& a) { return deploys_show(a, *release); };
  });

  const auto yes = std::make_shared<bool>(false);
  CLI::App* recover_command =
      app.add_subcommand("recover", "Finish or unwind what a dead deploy left");
  recover_command->fallthrough();
  recover_command->add_flag("-y,--yes", *yes, "Do not ask");
  recover_command->callback(
      [&invocation, yes] { invocation.run = [yes](App& a) { return recover(a, *yes); }; });
}

}  // namespace segue
