#include "read_build.hpp"

#include "names.hpp"
#include "read_registry.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

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

// "ssh://alice@build.example.com:2222"; a server's name stands for that server.
std::optional<ServerConfig> read_address(const MapReader::Text& given,
                                         const std::vector<ServerConfig>& servers,
                                         Problems& problems) {
  constexpr std::string_view kScheme = "ssh://";
  constexpr int kMostPort = 65535;
  const auto wrong = [&](std::string what) {
    problems.add(given.at, std::move(what), "write it like ssh://alice@build.example.com:22");
    return std::nullopt;
  };
  if (!given.text.starts_with(kScheme)) return wrong("the builder is not named by ssh://");
  std::string rest = given.text.substr(kScheme.size());
  ServerConfig server;
  if (const size_t at = rest.rfind('@'); at != std::string::npos) {
    server.user = rest.substr(0, at);
    rest.erase(0, at + 1);
  }
  const bool bracketed = rest.starts_with('[') && contains(rest, "]");
  const size_t end = bracketed ? rest.find(']') + 1 : std::min(rest.find(':'), rest.size());
  std::string host = bracketed ? rest.substr(1, end - 2) : rest.substr(0, end);
  if (end < rest.size()) {
    server.port = parse_number<int>(std::string_view(rest).substr(end + 1)).value_or(0);
    if (rest[end] != ':' || *server.port < 1 || *server.port > kMostPort)
      return wrong("that is not the address of a machine");
  }
  const auto is_named = [&](const ServerConfig& known) { return known.name == host; };
  if (const auto known = std::ranges::find_if(servers, is_named); known != servers.end()) {
    if (!server.user) server.user = known->user;
    if (!server.port) server.port = known->port;
    server.keys = known->keys;
    server.key_data = known->key_data;
    server.key_passphrase = known->key_passphrase;
    host = known->host;
  }
  if (const auto good = check_host_address(host); !good) return wrong(good.error().what);
  if (const auto good = check_login_name(server.user.value_or("root")); !good)
    return wrong(good.error().what);
  server.name = server.host = std::move(host);
  server.at = given.at;
  return server;
}

// Whoever names another machine means it, unless he says that he does not.
std::optional<ServerConfig> read_remote(const MapReader& builder,
                                        const std::vector<ServerConfig>& servers,
                                        Problems& problems) {
  const auto here = builder.flag("local");
  const auto given = builder.text("remote");
  if (!given && here == false)
    problems.add(builder.place_of("local"), "nothing says which other machine builds",
                 "name it: remote: ssh://alice@build.example.com");
  if (!given) return std::nullopt;
  auto server = read_address(*given, servers, problems);
  if (here != true) return server;
  problems.note(given->at, "`builder.remote` has no effect: `local` is true");
  return std::nullopt;
}

BuildCacheConfig read_cache(const MapReader& builder, const RegistryConfig& registry,
                            Problems& problems) {
  using Type = BuildCacheConfig::Type;
  BuildCacheConfig cache;
  cache.at = builder.place_of("cache");
  if (builder.flag("cache") == false) cache.type = Type::none;
  const MapReader keys = builder.section("cache");
  const auto type = keys.text("type");
  if (!type) return cache;
  cache.type = type->text == "registry" ? Type::registry
               : type->text == "gha"    ? Type::gha
                                        : Type::local;
  const auto only_for = [&](const char* key, Type meant, const char* name) {
    const auto given = keys.text(key);
    if (given && cache.type != meant)
      problems.note(given->at,
                    fmt::format("`builder.cache.{}` has no effect: `type` is not {}", key, name));
    return given && cache.type == meant ? given->text : std::string();
  };
  cache.repository = only_for("repository", Type::registry, "registry");
  cache.path = only_for("path", Type::local, "local");
  if (cache.type == Type::registry && cache.repository.empty()) {
    if (!registry.exists())
      problems.add(cache.at, "nothing says in which registry the cache is",
                   "name it: cache: {type: registry, repository: ghcr.io/acme/cache}");
    cache.repository = registry.server + "/cache";
  }
  if (cache.type == Type::local && cache.path.empty())
    problems.add(cache.at, "nothing says in which folder the cache is",
                 "name it: cache: {type: local, path: /var/cache/builds}");
  const std::string_view tail =
      std::string_view(cache.repository).substr(cache.repository.rfind('/') + 1);
  if (cache.repository.find_first_of(" ,@\t\n") != std::string::npos || contains(tail, ":") ||
      cache.repository.starts_with('-'))
    problems.add(cache.at, fmt::format("\"{}\" is no repository", visible(cache.repository)),
                 "without a tag, such as ghcr.io/acme/cache");
  if (cache.path.find_first_of(",\n") != std::string::npos)
    problems.add(cache.at, "the folder of a cache has no comma in its name");
  return cache;
}

}  // namespace

BuilderConfig read_builder(const MapReader& builder, const std::vector<ServerConfig>& servers,
                           Problems& problems) {
  BuilderConfig config;
  config.registry = read_registry(builder.section("registry"), problems);
  config.cache = read_cache(builder, config.registry, problems);
  config.remote = read_remote(builder, servers, problems);
  if (config.remote && config.registry.is_local())
    problems.add(builder.place_of("remote"),
                 "what another machine builds is not in the registry of this one",
                 "remove `registry`: images travel through the SSH sessions; or name one that both "
                 "reach");
  return config;
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
