// An adapter by its name, with its options as deploy.yml gives them.
//   AdapterSettings{"vault", {{"path", {"secret/shop"}}}, "/home/ada/shop", {}}.option("path")
#pragma once
#include "segue/base/secret.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

struct AdapterSettings {
  std::string adapter;
  std::map<std::string, std::vector<std::string>> options;
  std::string folder;  // of the project: programs run in it
  Secret master_key;   // age: the private key itself, where it is not in a file

  // The first value, or an empty text.
  std::string option(const std::string& name) const {
    const auto found = options.find(name);
    return found == options.end() || found->second.empty() ? "" : found->second.front();
  }
};

}  // namespace segue
