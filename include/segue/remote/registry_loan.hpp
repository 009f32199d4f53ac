// What a host may read of a registry of this machine while it is lent to it: these images, and
// nothing else of it.
#pragma once
#include "segue/base/secret.hpp"

#include <set>
#include <string>

namespace segue {

struct RegistryLoan {
  int port = 0;                  // of the registry, on this machine's 127.0.0.1
  std::set<std::string> images;  // "shop-web@sha256:0a1b...": of repositories of that registry
  Secret credentials;            // base64 of "user:password", which every reader has to show
};

// A tag that says which manifest is meant: for engines that want a name which they can forget
// again. "sha256:0a1b..." -> "sha256-0a1b..."
std::string lent_tag(const std::string& digest);

}  // namespace segue
