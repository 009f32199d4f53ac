// One name at a registry for the images of several architectures: each engine that pulls it gets
// its own.
//   const ListCommands commands = list_commands(EngineKind::podman, push);
#pragma once
#include "segue/model/engine_kind.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct ImageListPush {
  std::string image;               // "ghcr.io/acme/shop-web:v1"
  std::vector<std::string> parts;  // "ghcr.io/acme/shop-web@sha256:...", which are there already
  std::string name;                // of what Podman keeps meanwhile: "0a1b2c3d", another each time
  bool has_login = false;          // config.json in the folder where the commands run
  bool insecure = false;           // the registry has no certificate, and Docker is to accept that
};

// What the engine's client is told, one after the other, in a folder of ours that is removed
// afterwards.
struct ListCommands {
  std::vector<std::vector<std::string>> push;
  std::vector<std::string> tidy;  // in any case; empty: nothing
};
ListCommands list_commands(EngineKind engine, const ImageListPush& push);

// The format for `docker info`, and whether its answer has that registry: its client asks
// registries by itself for a list, and knows nothing of what its daemon is allowed.
std::string insecure_registries_format();
bool is_insecure(std::string_view answer, std::string_view host);

}  // namespace segue
