#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/config/starter.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/terminal.hpp"

#include <fmt/format.h>

#include <cctype>

namespace segue {

ExitStatus config_validate(App& app, const std::optional<std::string>& version) {
  auto project = open_project(app, {version, SecretsWanted::known});
  if (!project) return told(app, project.error());
  const Config& config = project->config;
  const auto services = static_cast<long long>(config.services.size());
  const auto hosts = static_cast<long long>(config.servers.size());
  app.reporter.value("valid",
                     {{"file", config.file},
                      {"project", config.project},
                      {"services", std::to_string(services)},
                      {"hosts", std::to_string(hosts)}},
                     fmt::format("{} is valid: project {}, {}, {}", config.file, config.project,
                                 counted(services, "service"), counted(hosts, "host")));
  return ExitStatus::done;
}

namespace {

constexpr size_t kLongestIgnoreFile = 1 << 20;

// "My Shop" -> "my-shop": the nearest thing to the folder's name that a project may be called.
std::string project_name(const std::string& folder) {
  std::string name;
  for (const char c : folder.substr(folder.rfind('/') + 1)) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (letter) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!letter && !name.empty() && name.back() != '-') name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "my-app" : name.substr(0, 50);
}

// Secrets must not be committed by accident.
Result<> ignore_secrets(App& app) {
  std::string text;
  if (app.files.exists(".gitignore")) {
    TRY_ASSIGN(text, app.files.read(".gitignore", kLongestIgnoreFile));
  }
  for (const std::string& line : split_lines(text))
    if (trim(line) == ".env" || trim(line) == "/.env" || trim(line) == ".env*") return {};
  if (!text.empty() && text.back() != '\n') text += '\n';
  return app.files.write(".gitignore", text + ".env\n", 0644);
}

Result<> write_starter(App& app, const InitOptions& options) {
  if (app.files.exists("deploy.yml") && !options.overwrite) {
    if (!app.options.interactive)
      return fail(Code::usage, "there is a deploy.yml already", "overwrite it with --force");
    TRY_ASSIGN(const bool yes, ask_yes_no("Overwrite deploy.yml?", app.signals.wake_fd()));
    if (!yes) return fail(Code::failed, "not confirmed: nothing was changed");
  }
  StarterRequest request;
  request.project = options.project.empty() ? project_name(working_folder()) : options.project;
  request.service = options.service;
  if (!options.image.empty()) request.image = options.image;
  if (!options.host.empty()) request.host = options.host;
  request.domain = options.domain;
  request.app_port = options.app_port;
  const std::string text = starter_deploy_yml(request);
  const LoadedConfig loaded = load_config({"deploy.yml", text, "", std::nullopt});
  app.reporter.diagnostics(loaded.errors, text, "error");
  if (!loaded.config) return fail(Code::usage, "");
  TRY(app.files.write("deploy.yml", text, 0644));
  return ignore_secrets(app);
}

}  // namespace

ExitStatus init(App& app, const InitOptions& options) {
  const auto written = write_starter(app, options);
  if (!written) return told(app, written.error());
  app.reporter.value("initialized", {{"file", "deploy.yml"}},
                     "wrote deploy.yml; look through it, then: segue plan");
  return ExitStatus::done;
}

}  // namespace segue
