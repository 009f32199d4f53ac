// Where this checkout and what was built of it lie.
#pragma once
#include <string>

namespace segue {

std::string in_source(const std::string& path);  // of the repository: "docs/json.md"
std::string in_build(const std::string& path);   // of the build tree: "segue", "tests/fake_engine"

}  // namespace segue
