// `segue init`, `config` and `version`, and the options that every command knows.
#include "invocation.hpp"
#include "segue_version.hpp"

#include "segue/base/text.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <memory>

namespace segue {

std::string tool_version_text() {
  return SEGUE_VERSION " (" SEGUE_COMMIT ")";
}

namespace {

std::string is_port(const std::string& text) {
  int port = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), port).ptr;
  const bool good = end == text.data() + text.size() && port >= 1 && port <= 65535;
  return good ? "" : "must be a number from 1 to 65535, not " + text;
}

std::string is_engine(const std::string& text) {
  return text == "docker" || text == "podman" ? "" : "must be docker or podman, not " + text;
}

}  // namespace

void add_list(CLI::App& app, const std::string& names, std::vector<std::string>& target,
              const std::string& help) {
  app.add_option_function<std::string>(
         names,
         [&target](const std::string& text) {
           for (const std::string& part : split(text, ','))
             if (!trim(part).empty()) target.emplace_back(trim(part));
         },
         help)
      ->type_name("LIST");
}

void add_global_options(CLI::App& app, Invocation& invocation) {
  app.add_flag("--version", invocation.tool_version, "Version and commit of this program");
  CommonOptions& common = invocation.common;
  app.add_option("-c,--config", common.config_file, "The deploy.yml to use")->type_name("FILE");
  app.add_option("-e,--environment", common.environment, "Use deploy.NAME.yml and .env.NAME")
      ->type_name("NAME");
  // Not a list option of the parser: that would take the command's name for another host.
  add_list(app, "-H,--hosts", common.hosts,
           "Only these hosts: names, addresses, label=value, *, ?");
  add_list(app, "-S,--services", common.services, "Only these services: names, * and ?");
  app.add_flag("--host-env", common.host_env, "Take secrets that .env lacks from the environment");
  app.add_flag("-v,--verbose", invocation.verbose, "Say more; twice: log to standard error");
  app.add_flag("-q,--quiet", invocation.quiet, "Only errors and the last line");
  app.add_flag("--json", invocation.json, "One JSON object per line; text goes to standard error");
  app.add_option("--color", invocation.colour, "auto, always or never")
      ->check([](const std::string& when) {
        const bool known = when == "auto" || when == "always" || when == "never";
        return known ? "" : "must be auto, always or never, not " + when;
      })
      ->type_name("WHEN");
  app.add_option("--log-file", invocation.log_file, "Write a log for bug reports")
      ->type_name("FILE");
}

void add_project_commands(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<InitOptions>();
  CLI::App* init_command =
      app.add_subcommand("init", "Write a commented deploy.yml; asks what it needs to know");
  init_command->fallthrough();
  init_command->add_option("--project", options->project, "Default: the folder's name")
      ->type_name("NAME");
  init_command->add_option("--host", options->host, "Address of the server")->type_name("HOST");
  init_command->add_option("--engine", options->engine, "docker or podman; default: what it has")
      ->check(is_engine)
      ->type_name("ENGINE");
  init_command->add_option("--service", options->service, "Default: web")->type_name("NAME");
  init_command->add_option("--image", options->image, "The image to deploy")->type_name("IMAGE");
  init_command->add_option("--domain", options->domain, "Under which it is reached")
      ->type_name("NAME");
  init_command->add_option("--app-port", options->app_port, "Where the application listens")
      ->check(is_port)
      ->type_name("PORT");
  init_command->add_flag("--force", options->overwrite, "Overwrite a deploy.yml that is there");
  init_command->callback(
      [&invocation, options] { invocation.run = [options](App& a) { return init(a, *options); }; });

  CLI::App* config = app.add_subcommand("config", "The configuration");
  config->fallthrough()->require_subcommand(1);
  const auto version = std::make_shared<std::string>("none");
  CLI::App* validate = config->add_subcommand("validate", "Report every mistake in deploy.yml");
  validate->fallthrough();
  validate->add_option("--version", *version, "What ${VERSION} in an image stands for")
      ->type_name("V");
  validate->callback([&invocation, version] {
    invocation.run = [version](App& a) { return config_validate(a, *version); };
  });

  const auto shown_version = std::make_shared<std::optional<std::string>>();
  CLI::App* show = config->add_subcommand("show", "What takes effect, and where it was said");
  show->fallthrough();
  show->add_option("--version", *shown_version, "What ${VERSION} in an image stands for")
      ->type_name("V");
  show->callback([&invocation, shown_version] {
    invocation.run = [shown_version](App& a) { return config_show(a, *shown_version); };
  });

  CLI::App* schema = config->add_subcommand("schema", "A JSON Schema of deploy.yml for editors");
  schema->fallthrough();
  schema->callback([&invocation] { invocation.run = [](App& a) { return config_schema(a); }; });

  CLI::App* version_command = app.add_subcommand("version", "Version and commit of this program");
  version_command->fallthrough();
  version_command->callback([&invocation] {
    invocation.run = [](App& a) {
      a.reporter.value("version", {{"version", SEGUE_VERSION}, {"commit", SEGUE_COMMIT}},
                       "segue " + tool_version_text());
      return ExitStatus::done;
    };
  });
}

}  // namespace segue
