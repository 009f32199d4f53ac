// A JSON Schema (draft 2020-12) of deploy.yml for editors, made from the table that checking uses.
// What it refuses, `segue config validate` refuses too, with better words.
//   std::ofstream("deploy.schema.json") << json_schema();
#pragma once
#include <string>

namespace segue {

std::string json_schema();  // on one line

}  // namespace segue
