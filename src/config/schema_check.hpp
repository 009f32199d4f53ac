// Holds a document against the schema table: unknown keys with a suggestion, missing ones, wrong
// types, keys that do not work yet. What passes can be read without looking at types again.
#pragma once
#include "node.hpp"
#include "problems.hpp"

namespace segue {

void check_schema(const Node& root, Problems& problems);

}  // namespace segue
