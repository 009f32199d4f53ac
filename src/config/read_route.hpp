// `proxy:` and `healthcheck:` of a service.
#pragma once
#include "problems.hpp"
#include "section.hpp"

#include "segue/config/config.hpp"

#include <optional>

namespace segue {

// Nothing without an app_port: then `proxy` holds a health check only (rules D7).
std::optional<RouteConfig> read_route(const Section& proxy, Problems& problems);

// The service's `healthcheck` or `proxy.healthcheck`; both is an error.
std::optional<HealthcheckConfig> read_healthchecks(const Section& service,
                                                   const std::optional<RouteConfig>& route,
                                                   EngineKind engine, Problems& problems);

}  // namespace segue
