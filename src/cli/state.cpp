// `segue status`, `deploys`, `lock` and `recover`: what is on the hosts.
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

  CLI::App* lock = app.add_subcommand("lock", "The lock that deploys take");
  lock->fallthrough()->require_subcommand(1);
  CLI::App* held = lock->add_subcommand("status", "Who holds it, since when, and why");
  held->fallthrough();
  held->callback([&invocation] { invocation.run = [](App& a) { return lock_status(a); }; });
  const auto force = std::make_shared<bool>(false);
  CLI::App* release_command = lock->add_subcommand("release", "Release a lock whose owner is dead");
  release_command->fallthrough();
  release_command->add_flag("--force", *force,
                            "Also one whose owner may live: its deploy then stops");
  release_command->callback([&invocation, force] {
    invocation.run = [force](App& a) { return lock_release(a, *force); };
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
