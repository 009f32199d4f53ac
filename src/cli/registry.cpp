// `segue registry`: the registry that built images go through.
#include "invocation.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace segue {

void add_registry_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* registry = app.add_subcommand("registry", "The registry that images go through");
  registry->fallthrough()->require_subcommand(1);

  const auto options = std::make_shared<RegistryOptions>();
  CLI::App* login =
      registry->add_subcommand("login", "Try the credentials, on this machine and on every host");
  login->fallthrough();
  login->add_flag("-y,--yes", options->yes, "Run what deploy.yml names for the password, unasked");
  login->add_option("--initiator", options->initiator, "Who it is (default: user@machine)")
      ->type_name("WHO");
  login->footer("Nothing is kept: each push and each pull logs in anew.");
  login->callback([&invocation, options] {
    invocation.run = [options](App& a) { return registry_login(a, *options); };
  });

  CLI::App* logout =
      registry->add_subcommand("logout", "Remove credentials that a killed command has left");
  logout->fallthrough();
  logout->add_option("--initiator", options->initiator, "Who it is (default: user@machine)")
      ->type_name("WHO");
  logout->callback([&invocation, options] {
    invocation.run = [options](App& a) { return registry_logout(a, *options); };
  });

  CLI::App* setup =
      registry->add_subcommand("setup", "Start this machine's registry (type: local)");
  setup->fallthrough();
  setup->footer("What needs it, starts it by itself: build --push, deploy.");
  setup->callback([&invocation] { invocation.run = registry_setup; });

  CLI::App* remove =
      registry->add_subcommand("remove", "End this machine's registry, and remove what it keeps");
  remove->fallthrough();
  remove->callback([&invocation] { invocation.run = registry_remove; });
}

}  // namespace segue
