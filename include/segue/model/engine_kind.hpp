// Which program runs a host's containers. They speak nearly the same language; where they differ,
// Engine and the facts probe know (docs/podman.md).
//   to_string(EngineKind::podman)    "podman"
#pragma once

namespace segue {

enum class EngineKind { docker, podman };

constexpr const char* to_string(EngineKind kind) {
  return kind == EngineKind::podman ? "podman" : "docker";
}

}  // namespace segue
