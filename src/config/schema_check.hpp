// Holds a document against the schema table: unknown keys with a suggestion, missing ones, wrong
// types, keys that do not work yet. What passes can be read without looking at types again.
//   `services.web.imagee`: unknown key, did you mean "image"?
#pragma once
#include "problems.hpp"
#include "yaml_node.hpp"

namespace segue {

void check_schema(const YamlNode& root, Problems& problems);

}  // namespace segue
