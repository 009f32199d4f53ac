// The `.env` format: KEY=VALUE lines, `export` before them, comments. Single quotes keep everything
// as it is; double quotes know \n \r \t \" \\ \$ and may span lines; bare values end at " #".
// Errors name file and line, never a value.
//   parse_dotenv(".env", "A=1\nexport B='two words'\n")  ->  A, B
#pragma once
#include "segue/base/result.hpp"
#include "segue/base/secret.hpp"

#include <map>
#include <string>
#include <string_view>

namespace segue {

Result<std::map<std::string, Secret>> parse_dotenv(const std::string& file, std::string_view text);

}  // namespace segue
