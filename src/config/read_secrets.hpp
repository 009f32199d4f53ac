// Reads `secrets` and `secrets_path`: which adapter, and whether its options are its own.
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include "segue/config/secrets_config.hpp"

#include <string>

namespace segue {

SecretsConfig read_secrets(const MapReader& section, Problems& problems);

// Relative to the project's folder; empty without one.
std::string read_secrets_path(const MapReader& top, Problems& problems);

}  // namespace segue
