// `segue images` and `segue services prune`: what is kept on the hosts, and what of it may leave.
#include "invocation.hpp"

#include "segue/base/number.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace segue {
namespace {

constexpr int kMostRetained = 30;

std::string is_amount(const std::string& text) {
  const auto number = parse_number<int>(text);
  return number && *number >= 1 && *number <= kMostRetained
             ? ""
             : "must be a number from 1 to 30, not " + text;
}

}  // namespace

void add_images_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* images = app.add_subcommand("images", "The images of releases, as hosts have them");
  images->fallthrough()->require_subcommand(1);
  CLI::App* list = images->add_subcommand("list", "Which there are, and which stay");
  list->fallthrough();
  list->callback([&invocation] { invocation.run = [](App& a) { return images_list(a); }; });

  const auto service = std::make_shared<std::string>();
  CLI::App* show = images->add_subcommand("show", "Those of a service, in full");
  show->fallthrough();
  show->add_option("service", *service, "Its name in deploy.yml")->type_name("SERVICE")->required();
  show->callback([&invocation, service] {
    invocation.run = [service](App& a) { return images_show(a, *service); };
  });
}

void add_services_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* services = app.add_subcommand("services", "What belongs to the services");
  services->fallthrough()->require_subcommand(1);
  const auto options = std::make_shared<PruneOptions>();
  CLI::App* prune =
      services->add_subcommand("prune", "Remove images that are too old to be gone back to");
  prune->fallthrough();
  prune->add_option("--retain", options->retain, "So many stay, instead of what deploy.yml says")
      ->check(is_amount)
      ->type_name("N");
  prune->add_flag("--dry-run", options->dry_run, "Only say what would be removed");
  prune->add_flag("--builder-cache", options->builder_cache,
                  "Also what builds have left on this machine");
  prune->add_flag("-y,--yes", options->yes, "Do not ask");
  prune->footer("What runs stays, and so does what `segue rollback` goes to.");
  prune->callback([&invocation, options] {
    if (options->dry_run) options->yes = false;
    invocation.run = [options](App& a) { return services_prune(a, *options); };
  });
}

}  // namespace segue
