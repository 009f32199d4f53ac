// The images of a project's releases on its hosts, asked for and judged: what `images` shows and
// `services prune` acts by.
#pragma once
#include "hosts.hpp"

#include "segue/plan/retention.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segue {

// Facts in which it is known who has which image; notes tell of records that can't be read. Takes
// the lock of the first host, where it is free, when a holder is given.
Result<std::map<std::string, HostFacts>> ask_for_images(App& app, Hosts& hosts,
                                                        const std::optional<LockHolder>& lock);

// By host.
std::map<std::string, std::vector<RecordedImage>> recorded_images(
    const Project& project, const std::map<std::string, HostFacts>& facts,
    std::optional<int> retain);

}  // namespace segue
