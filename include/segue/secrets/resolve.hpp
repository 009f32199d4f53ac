// Names of secrets to values, all of them or an error that lists every missing one (code usage).
//   resolve_secrets({"DATABASE_PASSWORD"}, source)
#pragma once
#include "segue/base/secret.hpp"
#include "segue/secrets/secret_source.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

Result<std::map<std::string, Secret>> resolve_secrets(const std::vector<std::string>& names,
                                                      SecretSource& source);

// The same from the text of a .env file; `file` is for messages, and a file that does not exist is
// one without text.
Result<std::map<std::string, Secret>> resolve_secrets(const std::vector<std::string>& names,
                                                      const std::string& file,
                                                      std::string_view text);

}  // namespace segue
