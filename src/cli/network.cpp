// `segue network`: the private network between hosts.
#include "invocation.hpp"

#include <CLI/CLI.hpp>

namespace segue {

void add_network_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* network = app.add_subcommand("network", "The private network between hosts");
  network->fallthrough()->require_subcommand(1);
  network->footer("There can be none yet: what looks after one finds nothing to do.");
  const auto look = [&](const char* name, const char* help) {
    CLI::App* command = network->add_subcommand(name, help);
    command->fallthrough();
    command->callback([&invocation] { invocation.run = [](App& a) { return network_look(a); }; });
    return command;
  };
  const auto change = [&](const char* name, const char* help) {
    CLI::App* command = network->add_subcommand(name, help);
    command->fallthrough();
    command->callback([&invocation, name] {
      invocation.run = [name](App& a) { return network_change(a, name); };
    });
  };
  look("status", "Which hosts are in it");
  look("dns", "The names in it");
  look("gc", "Remove what nobody needs any more")
      ->add_flag_callback("-y,--yes,--force", [] {}, "Do not ask");
  change("setup", "Make it (does not work yet)");
  change("teardown", "Take it away (does not work yet)");
}

}  // namespace segue
