// `segue secrets`.
#include "invocation.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace segue {

void add_secrets_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* secrets = app.add_subcommand("secrets", "The values that services are given in secret");
  secrets->fallthrough()->require_subcommand(1);

  struct PrintOptions {
    bool values = false;
    bool yes = false;
  };
  const auto options = std::make_shared<PrintOptions>();
  CLI::App* print =
      secrets->add_subcommand("print", "Which are set, and from where; exit 2: some are not");
  print->fallthrough();
  print->add_flag("--show-values", options->values, "Their values too, for everybody to see");
  print->add_flag("-y,--yes", options->yes, "Run what deploy.yml names for secrets, unasked");
  print->callback([&invocation, options] {
    invocation.run = [options](App& a) { return secrets_print(a, options->values, options->yes); };
  });

  CLI::App* edit =
      secrets->add_subcommand("edit", "Open the encrypted file (age, sops) in your editor");
  edit->fallthrough();
  edit->footer(
      "The editor is $VISUAL, $EDITOR or vi. It sees a private file, in memory where\n"
      "the system has such a place, that is removed at its end.");
  edit->callback([&invocation] { invocation.run = [](App& a) { return secrets_edit(a); }; });

  CLI::App* rotate =
      secrets->add_subcommand("rotate", "Encrypt the file anew, for those who may read it now");
  rotate->fallthrough();
  rotate->callback([&invocation] { invocation.run = [](App& a) { return secrets_rotate(a); }; });
}

}  // namespace segue
