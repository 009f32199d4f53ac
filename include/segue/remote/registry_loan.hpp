// What a host may read through its session while it is lent to it: these images, of a registry of
// this machine or without one, and nothing else.
#pragma once
#include "segue/base/secret.hpp"
#include "segue/remote/lent_content.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>

namespace segue {

struct RegistryLoan {
  int port = 0;                  // of the registry, on this machine's 127.0.0.1
  std::set<std::string> images;  // "shop-web@sha256:0a1b...": of repositories of that registry
  Secret credentials;            // base64 of "user:password", which every reader has to show
  // In the place of a registry: what has that digest, to be read from its first byte; nothing where
  // nothing has. Then there is no port.
  std::function<std::optional<LentContent>(const std::string& digest)> contents = nullptr;
};

// A tag that says which manifest is meant: for engines that want a name which they can forget
// again. "sha256:0a1b..." -> "sha256-0a1b..."
std::string lent_tag(const std::string& digest);

}  // namespace segue
