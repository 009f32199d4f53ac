// How images are built: `builder`, and `build` of a service, which adds to it.
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include "segue/config/config.hpp"

#include <optional>

namespace segue {

BuilderConfig read_builder(const MapReader& builder, Problems& problems);

// Nothing when the service has no `build`.
std::optional<BuildConfig> read_build(const MapReader& service, const MapReader& builder,
                                      Problems& problems);

}  // namespace segue
