// Puts another Caddy into the running proxy without refusing a connection (docs/proxy.md). What
// went wrong is told as a problem, and then the former still serves.
#pragma once
#include "segue/engine/engine.hpp"
#include "segue/script/section.hpp"

#include <string>

namespace segue {

// The image must be on the host. Tells `upgraded VERSION` and, where the kernel can't move waiting
// connections, `no-migration yes`. Waits for the proxy's lock: nobody loads routes meanwhile.
Section upgrade_proxy(const Engine& engine, const std::string& state_root,
                      const std::string& image);

}  // namespace segue
