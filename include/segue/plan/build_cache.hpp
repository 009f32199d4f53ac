// How a builder is told to keep what it has made, and to look there first: every one in its own
// words, and some can't.
//   TRY_ASSIGN(const BuildCache cache, build_cache(config, able, "web"));
#pragma once
#include "segue/base/result.hpp"
#include "segue/config/build_cache_config.hpp"
#include "segue/model/engine_kind.hpp"

#include <string>
#include <vector>

namespace segue {

struct BuilderAbilities {
  EngineKind engine = EngineKind::docker;
  bool has_buildx = false;    // of Docker
  std::string version;        // of Podman: "4.3.1"
  bool is_elsewhere = false;  // not the machine that deploys
};

struct BuildCache {
  std::vector<std::string> options;  // of `build`
  bool needs_buildx = false;         // `docker buildx build --load` instead of `docker build`
};

// Code::usage, with the fix, for what this builder lacks.
Result<BuildCache> build_cache(const BuildCacheConfig& config, const BuilderAbilities& able,
                               const std::string& service);

}  // namespace segue
