// What builds keep of earlier ones to be quicker. Plain data.
//   builder: {cache: {type: registry, repository: ghcr.io/acme/cache}}
#pragma once
#include "segue/base/source_span.hpp"

#include <string>

namespace segue {

struct BuildCacheConfig {
  enum class Type {
    none,      // `cache: false`: every step is done anew
    engine,    // what the engine keeps by itself
    registry,  // in a repository, for all machines that build
    gha,       // in the cache of GitHub Actions
    local      // in a folder of the machine that builds
  };
  Type type = Type::engine;
  std::string repository;  // of `registry`: without a tag
  std::string path;        // of `local`: absolute, or in the project
  SourceSpan at;
};

}  // namespace segue
