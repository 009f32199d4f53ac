// Brings hosts to rest after a deploy that died: ends what still runs of it, looks again, and lets
// recovery decide. The lock must be held.
#pragma once
#include "hosts.hpp"

#include "segue/rollout/recovery.hpp"

namespace segue {

bool needs_settling(const Config& config, const std::map<std::string, HostFacts>& facts);

// Says what it found and what it did. Code::partial when nothing serves somewhere.
Result<> settle(App& app, Project& project, Hosts& hosts,
                const std::map<std::string, HostFacts>& facts);

}  // namespace segue
