// The adapters, one row each: which commands ask for secrets, and what their output means. A new
// adapter is a row here and one in the configuration (src/config/read_secrets.cpp).
//   find_adapter("pass")->commands(settings, {"TOKEN"})  ->  pass show shop/TOKEN
#pragma once
#include "segue/base/result.hpp"
#include "segue/secrets/adapter_settings.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue {

struct AdapterCommand {
  std::vector<std::string> argv;
  std::vector<std::string> secrets = {};  // the names that it is asked for
  std::vector<std::pair<std::string, std::string>> environment = {};
};

using AdapterValues = std::map<std::string, Secret>;

struct Adapter {
  std::string_view name;
  std::string_view install;  // how to get the program
  std::string_view sign_in;  // what to try when the program refuses
  std::vector<AdapterCommand> (*commands)(const AdapterSettings&, const std::vector<std::string>&);
  // Errors are texts about the output, without any of it.
  Result<AdapterValues> (*parse)(const AdapterSettings&, const AdapterCommand&,
                                 const std::string& output);
  // What the program says on its error stream about a secret that is not there; empty: it has no
  // such answer, and every failure is one.
  std::string_view not_there = {};
};

// Nothing for a name that is not in the table.
const Adapter* find_adapter(std::string_view name);

}  // namespace segue
