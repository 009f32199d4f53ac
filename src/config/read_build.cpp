#include "read_build.hpp"

#include "names.hpp"
#include "read_registry.hpp"

#include "segue/base/text.hpp"

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
  if (leads_out)
    problems.add(given.at,
                 fmt::format("\"{}\" is not a path in the project's folder", visible(given.text)),
                 "what is built is part of the project");
  return parts.empty() ? "." : join(parts, "/");
}

// A repository with a branch, tag or commit and a folder of it behind #, as docker and podman know
// it. Who it asks for a password is git's own business: it would be seen here.
void check_address(const MapReader::Text& given, Problems& problems) {
  const std::string address = given.text.substr(0, given.text.find('#'));
  const size_t scheme = address.find("://");
  const size_t from = scheme == std::string::npos ? 0 : scheme + 3;
  const std::string user = address.substr(from, address.find('@', from) - from);
  const bool has_user = address.find('@', from) != std::string::npos;
  if (given.text.find_first_of(" \t\n") != std::string::npos || !address.ends_with(".git"))
    problems.add(given.at, "this is not the address of a git repository",
                 "write it like https://example.com/acme/shop.git#branch:folder");
  else if (has_user && (user.find(':') != std::string::npos || address.starts_with("https://")))
    problems.add(given.at, "a password in an address would be seen by everybody",
                 "leave it out: git's own credential helper, or an SSH key, has it");
}

std::string read_context(const MapReader::Text& given, Problems& problems) {
  const bool is_address = given.text.starts_with("https://") || given.text.starts_with("ssh://") ||
                          given.text.starts_with("git://") || given.text.starts_with("git@");
  if (!is_address) return project_path(given, problems);
  check_address(given, problems);
  return given.text;
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
  return {builder.flag("cache").value_or(true),
          read_registry(builder.section("registry"), problems)};
}

std::optional<BuildConfig> read_build(const MapReader& service, const MapReader& builder,
                                      Problems& problems) {
  if (!service.has("build")) return std::nullopt;
  BuildConfig build;
  build.at = service.place_of("build");
  add_arguments(builder, build, problems);
  if (const auto context = service.text("build")) build.context = read_context(*context, problems);
  const MapReader keys = service.section("build");
  if (const auto context = keys.text("context")) build.context = read_context(*context, problems);
  if (const auto file = keys.text("dockerfile")) build.dockerfile = project_path(*file, problems);
  if (const auto target = keys.text("target")) {
    build.target = target->text;
    if (target->text.empty() || target->text.front() == '-')
      problems.add(target->at, fmt::format("\"{}\" is not a stage", visible(target->text)));
  }
  add_arguments(keys, build, problems);
  for (const MapReader::Text& secret : keys.texts("secrets")) {
    problems.take(check_variable_name(secret.text).map([] { return true; }), secret.at);
    build.secrets.push_back(secret.text);
  }
  return build;
}

}  // namespace segue
