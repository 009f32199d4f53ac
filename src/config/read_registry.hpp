// `builder.registry`: where built images are pushed, and what with.
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include "segue/config/registry_config.hpp"

namespace segue {

RegistryConfig read_registry(const MapReader& section, Problems& problems);

}  // namespace segue
