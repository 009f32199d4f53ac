#include "builder.hpp"
#include "hooks.hpp"
#include "hosts.hpp"

#include "segue/base/byte_size.hpp"

#include <fmt/format.h>

namespace segue {

ExitStatus build(App& app, const BuildOptions& options) {
  auto project = open_project(app, {options.version, SecretsWanted::none, false});
  if (!project) return told(app, project.error());
  const RegistryConfig& registry = project->config.builder.registry;
  if (options.push && !registry.exists() && !registry.is_local())
    return told(app,
                {Code::usage,
                 "there is no registry to push to",
                 "name one: builder: {registry: {server: ghcr.io/acme, ...}}, or {type: local}",
                 {},
                 {}});
  const std::vector<std::string>& program = project->config.hooks.pre_build;
  Hooks hooks(app, *project, options.initiator);
  if (!program.empty())
    if (const auto agreed = hooks.ask(options.yes); !agreed) return told(app, agreed.error());
  const auto before = [&](const std::string& version) {
    hooks.name_version(version);
    return hooks.run("pre_build", program);
  };
  const BuildRequest request{options.version, options.no_cache, options.initiator,
                             options.file,    options.push,     options.yes,
                             before};
  if (const auto built = build_images(app, *project, request); !built)
    return told(app, built.error());
  for (const ServiceConfig& service : project->config.services) {
    if (!service.build) continue;
    for (const auto& [architecture, image] : service.build->images)
      app.reporter.value("built",
                         {{"service", service.name},
                          {"image", service.image},
                          {"image_id", image.id},
                          {"digest", image.digest},
                          {"architecture", architecture},
                          {"size", std::to_string(image.size)}},
                         fmt::format("{}: {} ({}, {})", service.name, service.image, architecture,
                                     shown_byte_size(static_cast<long long>(image.size))));
  }
  return ExitStatus::done;
}

}  // namespace segue
