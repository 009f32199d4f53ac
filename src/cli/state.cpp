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

  CLI::App* lock = app.add_subcommand("lock", "The lock that deploys take");
  lock->fallthrough()->require_subcommand(1);
  CLI::App* show = lock->add_subcommand("status", "Who holds it, since when, and why");
  show->fallthrough();
  show->callback([&invocation] { invocation.run = [](App& a) { return lock_status(a); }; });
  const auto force = std::make_shared<bool>(false);
  CLI::App* release = lock->add_subcommand("release", "Release a lock whose owner is dead");
  release->fallthrough();
  release->add_flag("--force", *force, "Also one whose owner may live: its deploy then stops");
  release->callback([&invocation, force] {
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
