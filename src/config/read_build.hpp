// How images are built: `builder`, and `build` of a service, which adds to it.
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include "segue/config/config.hpp"

#include <optional>
#include <vector>

namespace segue {

// The servers are those of deploy.yml, of which one may be the builder.
BuilderConfig read_builder(const MapReader& builder, const std::vector<ServerConfig>& servers,
                           Problems& problems);

// Nothing when the service has no `build`.
std::optional<BuildConfig> read_build(const MapReader& service, const MapReader& builder,
                                      Problems& problems);

}  // namespace segue
