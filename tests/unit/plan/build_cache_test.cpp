// What each builder is told to keep, and what it is known to lack.
#include "segue/plan/build_cache.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"

using namespace segue;
using Type = BuildCacheConfig::Type;

namespace {

BuildCacheConfig cache(Type type) {
  return {type, "ghcr.io/acme/cache", "/var/cache/builds", {}};
}

const BuilderAbilities kBuildx{EngineKind::docker, true, "", false};
const BuilderAbilities kClassic{EngineKind::docker, false, "", false};
const BuilderAbilities kPodman{EngineKind::podman, false, "4.3.1", false};

std::string options(Type type, const BuilderAbilities& able) {
  const auto made = build_cache(cache(type), able, "web");
  return made ? join(made->options, " ") : made.error().what;
}

}  // namespace

TEST_CASE("the engine's own cache needs no word, and none is one") {
  for (const BuilderAbilities& able : {kBuildx, kClassic, kPodman}) {
    CHECK(options(Type::engine, able).empty());
    CHECK(options(Type::none, able) == "--no-cache");
  }
}

TEST_CASE("buildx keeps what it has made in each place, by service") {
  CHECK(options(Type::registry, kBuildx) ==
        "--cache-from type=registry,ref=ghcr.io/acme/cache:web "
        "--cache-to type=registry,ref=ghcr.io/acme/cache:web,mode=max");
  CHECK(options(Type::gha, kBuildx) ==
        "--cache-from type=gha,scope=web --cache-to type=gha,scope=web,mode=max");
  CHECK(options(Type::local, kBuildx) ==
        "--cache-from type=local,src=/var/cache/builds/web "
        "--cache-to type=local,dest=/var/cache/builds/web,mode=max");
  CHECK(build_cache(cache(Type::gha), kBuildx, "web")->needs_buildx);
}

TEST_CASE("Podman keeps it in a repository, from 4.2 on") {
  CHECK(options(Type::registry, kPodman) ==
        "--layers --cache-from ghcr.io/acme/cache --cache-to ghcr.io/acme/cache");
  BuilderAbilities old = kPodman;
  old.version = "4.1.2";
  CHECK(contains(options(Type::registry, old), "Podman 4.1.2 keeps no cache in a registry"));
  old.version = "5.0.0";
  CHECK(options(Type::registry, old).starts_with("--layers"));
}

TEST_CASE("what a builder lacks is said, with what to do") {
  for (const Type type : {Type::registry, Type::gha, Type::local}) {
    const auto made = build_cache(cache(type), kClassic, "web");
    REQUIRE_FALSE(made);
    CHECK(contains(made.error().hint, "buildx"));
  }
  CHECK(options(Type::gha, kPodman) == "Podman knows no cache of GitHub Actions");
  CHECK(contains(options(Type::local, kPodman), "not in a folder"));
  BuilderAbilities elsewhere = kBuildx;
  elsewhere.is_elsewhere = true;
  CHECK(contains(options(Type::gha, elsewhere), "another machine"));
}
