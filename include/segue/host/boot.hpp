// What starts the containers of a host without a daemon (Podman) after a reboot: a script that
// reads the commit points, and the systemd unit that runs it. Both are the same for all projects.
#pragma once
#include "segue/engine/engine.hpp"
#include "segue/model/host_facts.hpp"
#include "segue/script/section.hpp"

#include <string>

namespace segue {

struct BootFiles {
  std::string script;  // <state root>/boot
  std::string unit;    // segue.service
};
BootFiles boot_files(const HostFacts& facts);

// Whether the host has them already, and enabled. Always true where a daemon does it.
bool starts_at_boot(const HostFacts& facts);

// Writes both and enables the unit.
Section install_boot_files(const HostFacts& facts);

}  // namespace segue
