// The texts of the files that a person wrote, by the names that SourceSpan calls them: what a
// diagnostic shows its line from.
//   texts["deploy.yml"] = "project: shop\n";
#pragma once
#include <map>
#include <string>

namespace segue {

using SourceTexts = std::map<std::string, std::string>;

}  // namespace segue
