// docs/configuration.md, made from the table that checking uses too, so that it cannot lie. It
// changes only with the table; SEGUE_UPDATE_GOLDEN=1 and the unit test of `config` write the page.
//   std::ofstream("docs/configuration.md") << schema_reference_markdown();
#pragma once
#include <string>

namespace segue {

std::string schema_reference_markdown();

}  // namespace segue
