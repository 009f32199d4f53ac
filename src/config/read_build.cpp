#include "read_build.hpp"

#include "segue/base/text.hpp"
#include "segue/model/identity.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// "./app//" -> "app"; what is left of "." is ".".
std::string project_path(const MapReader::Text& given, Problems& problems) {
  std::vector<std::string> parts;
  bool leads_out = given.text.empty() || given.text.front() == '/' || given.text.front() == '~';
  for (std::string& part : split(given.text, '/')) {
    leads_out = leads_out || part == "..";
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  if (contains(given.text, "://") || given.text.starts_with("git@"))
    problems.not_yet(given.at, "building from an address", "name a folder of the project");
  else if (leads_out)
    problems.add(given.at,
                 fmt::format("\"{}\" is not a path in the project's folder", visible(given.text)),
                 "what is built is part of the project");
  return parts.empty() ? "." : join(parts, "/");
}

void add_arguments(const MapReader& section, BuildConfig& build, Problems& problems) {
  for (const YamlEntry& entry : section.section("args").entries()) {
    if (entry.key.empty() || entry.key.find_first_of("= \t\n") != std::string::npos)
      problems.add(entry.key_at, "this is not a name of a build argument", "no blanks and no =");
    if (entry.value->kind == YamlNode::Kind::scalar && !entry.value->broken)
      build.args[entry.key] = entry.value->text;
  }
}

}  // namespace

BuilderConfig read_builder(const MapReader& builder, Problems& problems) {
  if (builder.flag("local") == false)
    problems.not_yet(builder.place_of("local"), "building on another machine", "remove it");
  const auto type = builder.section("registry").text("type");
  if (type && type->text != "none")
    problems.not_yet(type->at, fmt::format("a registry of type {}", type->text),
                     "remove it: images travel through the SSH sessions");
  return {builder.flag("cache").value_or(true)};
}

std::optional<BuildConfig> read_build(const MapReader& service, const MapReader& builder,
                                      Problems& problems) {
  if (!service.has("build")) return std::nullopt;
  BuildConfig build;
  build.at = service.place_of("build");
  add_arguments(builder, build, problems);
  if (const auto context = service.text("build")) build.context = project_path(*context, problems);
  const MapReader keys = service.section("build");
  if (const auto context = keys.text("context")) build.context = project_path(*context, problems);
  if (const auto file = keys.text("dockerfile")) build.dockerfile = project_path(*file, problems);
  if (const auto target = keys.text("target")) {
    build.target = target->text;
    if (target->text.empty() || target->text.front() == '-')
      problems.add(target->at, fmt::format("\"{}\" is not a stage", visible(target->text)));
  }
  add_arguments(keys, build, problems);
  return build;
}

std::string built_image(const Identity& identity, const std::string& service,
                        const std::string& version) {
  return identity.container_name(service, 1) + ":" + version;
}

}  // namespace segue
