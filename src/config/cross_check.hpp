// What no single key shows: names, ports and routes of services that share a host.
#pragma once
#include "problems.hpp"

#include "segue/config/config.hpp"

namespace segue {

void cross_check(const Config& config, Problems& problems);

}  // namespace segue
