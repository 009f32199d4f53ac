#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/text.hpp"
#include "segue/config/starter.hpp"
#include "segue/os/environment.hpp"

#include <fmt/format.h>

namespace segue {

ExitStatus config_validate(App& app, const std::optional<std::string>& version) {
  auto project = open_project(app, {version, true});
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

}  // namespace segue
