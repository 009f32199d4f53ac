// The container engine of this machine: which one builds, and what it has. Runs its client, by
// argument vectors; nothing is changed.
#pragma once
#include "segue/app/app.hpp"
#include "segue/config/config.hpp"
#include "segue/model/engine_kind.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

struct LocalEngine {
  EngineKind kind = EngineKind::docker;
  std::string architecture;  // amd64: what it builds unless told otherwise

  std::string program() const { return to_string(kind); }
};

// `builder.engine`, else Docker where it answers, else Podman. Code::failed with what to do when
// there is none.
Result<LocalEngine> find_local_engine(App& app, const Config& config);

struct LocalImage {
  std::string id;  // "sha256:..."; empty: there is no such image
  std::string architecture;
  unsigned long long size = 0;
  std::vector<std::string> layers;  // diff ids, the lowest first
  std::map<std::string, std::string> labels;
  std::vector<std::string> digests;  // "ghcr.io/acme/web@sha256:..."
};

// What `image inspect --format` is given, and what it makes of that.
std::string local_image_format();
Result<LocalImage> parse_local_image(const std::string& image, const std::string& answer);

// By id or reference.
Result<LocalImage> local_image(App& app, const LocalEngine& engine, const std::string& image);

}  // namespace segue
