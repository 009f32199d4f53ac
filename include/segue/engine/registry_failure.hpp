// Why a registry did not do what an engine's client asked of it, read from what the client said.
//   explain_registry("ghcr.io", "Error response from daemon: Head ...: unauthorized: ...")
#pragma once
#include <string>

namespace segue {

struct RegistryFailure {
  std::string what;  // what the client said, in short
  std::string hint;  // empty: nothing is known about it
};

// `registry` is its host, for the hint; empty: that of the engine's own mind.
RegistryFailure explain_registry(const std::string& registry, const std::string& said);

}  // namespace segue
