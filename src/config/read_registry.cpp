#include "read_registry.hpp"

#include "image_reference.hpp"
#include "names.hpp"
#include "read_command.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

void read_server(const MapReader& section, RegistryConfig& registry, Problems& problems) {
  const auto server = section.text("server");
  if (!server) return;
  const std::string host = server->text.substr(0, server->text.find('/'));
  const bool is_address = host.find_first_of(".:") != std::string::npos || host == "localhost";
  if (is_address && parse_image_reference(server->text + "/image:v1")) {
    registry.server = server->text;
    return;
  }
  problems.add(server->at, fmt::format("\"{}\" is not a registry", visible(server->text)),
               "its address, with what comes before the images' names: ghcr.io/acme, "
               "registry.example.com:5000");
}

void read_password(const MapReader& section, RegistryConfig& registry, Problems& problems) {
  const MapReader command = section.section("password");
  if (command.exists())
    registry.password_command = read_words(command, "command", "name a program", problems).words;
  const auto text = section.text("password");
  if (!text) return;
  registry.password = text->text;
  registry.password_is_text = section.node("password")->secret;
  if (registry.password_is_text || is_capital_name(text->text)) return;
  // Its line is not shown: the password may stand there.
  registry.password.clear();
  problems.add(section.at(), "`builder.registry.password` is not the name of a secret",
               "write its value into .env as REGISTRY_PASSWORD=..., and here: "
               "password: REGISTRY_PASSWORD");
}

}  // namespace

RegistryConfig read_registry(const MapReader& section, Problems& problems) {
  RegistryConfig registry;
  const auto type = section.text("type");
  const bool is_remote = type ? type->text == "remote" : section.has("server");
  if (type && type->text == "local")
    problems.not_yet(type->at, "a registry of type local",
                     "remove it: images travel through the SSH sessions");
  if (!is_remote) {
    for (const char* key : {"server", "username", "password", "timeout"})
      if (type && type->text == "none" && section.has(key))
        problems.add(section.place_of(key),
                     fmt::format("`builder.registry.{}` has no effect: `type` is none", key),
                     "remove it, or write type: remote");
    return registry;
  }
  registry.at = section.at();
  read_server(section, registry, problems);
  if (!section.has("server"))
    problems.add(section.at(), "`builder.registry.server` is missing",
                 "its address, such as ghcr.io/acme, or docker.io/acme");
  if (const auto username = section.text("username")) registry.username = username->text;
  registry.timeout = section.duration("timeout").value_or(registry.timeout);
  read_password(section, registry, problems);
  const bool has_password = section.has("password");
  if (has_password == registry.wants_login()) return registry;
  problems.add(section.at(),
               has_password ? "`builder.registry.username` is missing"
                            : "`builder.registry.password` is missing",
               "both, or none where the registry wants none");
  return registry;
}

bool RegistryConfig::holds(const std::string& image) const {
  if (!exists()) return false;
  const size_t slash = image.find('/');
  const std::string first = slash == std::string::npos ? "" : image.substr(0, slash);
  const bool names_registry =
      first.find_first_of(".:") != std::string::npos || first == "localhost";
  return names_registry ? first == host() : host() == "docker.io";
}

}  // namespace segue
