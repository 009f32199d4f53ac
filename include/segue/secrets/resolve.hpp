// Names of secrets to values. Each source is asked for what those before it lack.
//   TRY_ASSIGN(const FoundSecrets found, find_secrets({"DATABASE_PASSWORD"}, {&dotenv, &adapter}));
//   found.sources.at("DATABASE_PASSWORD") == ".env"
// Errors (code usage or failed) say which source, and name secrets, never values.
#pragma once
#include "segue/base/secret.hpp"
#include "segue/secrets/secret_source.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

struct FoundSecrets {
  std::map<std::string, Secret> values;
  std::map<std::string, std::string> sources;  // secret -> where its value comes from
  std::vector<std::string> missing;            // in order, each once
  std::vector<std::string> asked;              // names of the sources
};

Result<FoundSecrets> find_secrets(const std::vector<std::string>& names,
                                  const std::vector<SecretSource*>& sources);

// Whether a container can be given this value as a variable of its environment.
Result<> check_secret_value(const std::string& name, const Secret& value);

// One error for all that are missing: which sources were asked, and what to do.
Error missing_secrets(const FoundSecrets& found);

}  // namespace segue
