#include "segue/plan/build_cache.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

using Type = BuildCacheConfig::Type;

// "4.3.1-rc1" is at least 4.2.
bool is_at_least(const std::string& version, int major, int minor) {
  const std::vector<std::string> parts = split(version, '.');
  if (parts.size() < 2) return false;
  const int first = parse_number<int>(parts[0]).value_or(0);
  const int second = parse_number<int>(parts[1]).value_or(0);
  return first > major || (first == major && second >= minor);
}

Result<BuildCache> with_podman(const BuildCacheConfig& config, const BuilderAbilities& able) {
  if (config.type == Type::gha)
    return fail(Code::usage, "Podman knows no cache of GitHub Actions",
                "write `cache: {type: registry}`, or build with Docker and buildx");
  if (config.type == Type::local)
    return fail(Code::usage, "Podman keeps its cache among its images, not in a folder",
                "write `cache: true`, or `cache: {type: registry}` for several machines");
  if (!is_at_least(able.version, 4, 2))
    return fail(Code::usage,
                fmt::format("Podman {} keeps no cache in a registry: 4.2 does", able.version),
                "update it where images are built, or write `cache: true`");
  return BuildCache{
      {"--layers", "--cache-from", config.repository, "--cache-to", config.repository}, false};
}

Result<BuildCache> with_docker(const BuildCacheConfig& config, const BuilderAbilities& able,
                               const std::string& service) {
  if (!able.has_buildx)
    return fail(Code::usage, "Docker's classic builder keeps no cache but its own",
                "install its buildx plugin (Debian 13: docker-buildx) where images are built, or "
                "write `cache: true`");
  if (config.type == Type::gha && able.is_elsewhere)
    return fail(Code::usage, "another machine has no way to the cache of GitHub Actions",
                "build on the runner itself, or write `cache: {type: registry}`");
  std::string from;
  std::string to;
  if (config.type == Type::gha) {
    from = "type=gha,scope=" + service;
    to = from;
  } else if (config.type == Type::local) {
    from = fmt::format("type=local,src={}/{}", config.path, service);
    to = fmt::format("type=local,dest={}/{}", config.path, service);
  } else {
    to = from = fmt::format("type=registry,ref={}:{}", config.repository, service);
  }
  return BuildCache{{"--cache-from", from, "--cache-to", to + ",mode=max"}, true};
}

}  // namespace

Result<BuildCache> build_cache(const BuildCacheConfig& config, const BuilderAbilities& able,
                               const std::string& service) {
  if (config.type == Type::none) return BuildCache{{"--no-cache"}, false};
  if (config.type == Type::engine) return BuildCache{};
  return able.engine == EngineKind::podman ? with_podman(config, able)
                                           : with_docker(config, able, service);
}

}  // namespace segue
