// docs/configuration.md, made from the table that checking uses too, so that it cannot lie.
#pragma once
#include <string>

namespace segue {

std::string schema_reference_markdown();

}  // namespace segue
