// `proxy.extra`: raw routes of Caddy, each a map or a text of JSON. What stands in them is Caddy's
// affair, but for what would reach beyond the project: each must match something, and none may be
// more than a route.
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include <string>
#include <vector>

namespace segue {

// Each is one JSON object in one line.
std::vector<std::string> read_extra_routes(const MapReader& proxy, Problems& problems);

// A number, true or false, as JSON has them too: not in quotes.
bool is_json_literal(const YamlNode& scalar);

}  // namespace segue
