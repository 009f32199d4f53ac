// `proxy:` and `healthcheck:` of a service.
//   proxy: {app_port: 3000, host: shop.example.com, healthcheck: {path: /up}}
// Wrong values are added to the problems at their place; types have been judged before.
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include "segue/config/config.hpp"

#include <optional>
#include <vector>

namespace segue {

// None without an app_port: then `proxy` holds a health check only (rules D7). Several with
// `targets`, numbered from 0.
std::vector<RouteConfig> read_routes(const MapReader& proxy, Problems& problems);

// The service's `healthcheck` or `proxy.healthcheck`; both is an error.
std::optional<HealthcheckConfig> read_healthchecks(const MapReader& service,
                                                   const std::optional<RouteConfig>& route,
                                                   std::optional<EngineKind> engine,
                                                   Problems& problems);

}  // namespace segue
