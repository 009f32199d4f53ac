#include "read_registry.hpp"

#include "image_reference.hpp"
#include "names.hpp"
#include "read_command.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr int kLocalRegistryPort = 31270;
constexpr int kLowestPort = 1024;  // anybody may listen there
constexpr int kHighestPort = 65535;

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

// Keys that the type leaves no meaning.
void refuse(const MapReader& section, const std::string& type,
            std::initializer_list<const char*> keys, const std::string& other, Problems& problems) {
  for (const char* key : keys)
    if (section.has(key))
      problems.add(section.place_of(key),
                   fmt::format("`builder.registry.{}` has no effect: `type` is {}", key, type),
                   "remove it, or write type: " + other);
}

RegistryConfig read_local(const MapReader& section, Problems& problems) {
  RegistryConfig registry;
  registry.at = section.at();
  registry.local_port = kLocalRegistryPort;
  refuse(section, "local", {"server", "username", "password"}, "remote", problems);
  if (const auto port = section.number("port")) registry.local_port = static_cast<int>(*port);
  if (registry.local_port < kLowestPort || registry.local_port > kHighestPort) {
    problems.add(section.place_of("port"),
                 fmt::format("{} is not a port that a registry can have", registry.local_port),
                 fmt::format("one between {} and {}", kLowestPort, kHighestPort));
    registry.local_port = kLocalRegistryPort;
  }
  registry.timeout = section.duration("timeout").value_or(registry.timeout);
  registry.server = fmt::format("127.0.0.1:{}", registry.local_port);
  return registry;
}

}  // namespace

RegistryConfig read_registry(const MapReader& section, Problems& problems) {
  RegistryConfig registry;
  const auto type = section.text("type");
  if (type && type->text == "local") return read_local(section, problems);
  const bool is_remote = type ? type->text == "remote" : section.has("server");
  if (!is_remote) {
    if (type && type->text == "none")
      refuse(section, "none", {"server", "username", "password", "timeout"}, "remote", problems);
    return registry;
  }
  if (section.has("port"))
    problems.note(section.place_of("port"),
                  "`builder.registry.port` has no effect: it is for `type: local`");
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
