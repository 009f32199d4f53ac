// What no single key shows: container names, host ports and routes of services that share a host.
//   `web` with two replicas next to a service `web-2` on one host: both have shop-web-2
// Adds to the problems; a clash is reported at the later of the two services.
#pragma once
#include "problems.hpp"

#include "segue/config/config.hpp"

namespace segue {

void cross_check(const Config& config, Problems& problems);

}  // namespace segue
