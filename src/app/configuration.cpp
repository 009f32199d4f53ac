// `segue config validate`, `show` and `schema`.
#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/text.hpp"
#include "segue/config/effective.hpp"
#include "segue/config/json_schema.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace segue {

ExitStatus config_validate(App& app, const std::optional<std::string>& version) {
  auto project =
      open_project(app, {.version = version, .secrets = SecretsWanted::known, .offline = true});
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

ExitStatus config_show(App& app, const std::optional<std::string>& version) {
  auto project = open_project(app, {.version = version.value_or("none"), .offline = true});
  if (!project) return told(app, project.error());
  const EffectiveConfig shown = effective_config(*project->document, version.has_value());
  app.reporter.document("configuration", shown.json, shown.yaml);
  return ExitStatus::done;
}

ExitStatus config_schema(App& app) {
  const auto schema = nlohmann::json::parse(json_schema());
  app.reporter.document("schema", nlohmann::json{{"schema", schema}}.dump(), schema.dump(2) + "\n");
  return ExitStatus::done;
}

}  // namespace segue
