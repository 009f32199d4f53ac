// Where the values of secrets come from besides `.env`: an adapter, which is a command of a
// password store, and its options. Only options that the adapter knows are in here, none of them
// empty.
//   secrets: {adapter: doppler, project: shop}   ->   config.secrets.options.at("project")
#pragma once
#include "segue/base/source_span.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

struct SecretsConfig {
  std::string adapter;                                      // empty: none
  std::map<std::string, std::vector<std::string>> options;  // most have one value
  SourceSpan at;                                            // of the adapter's name
};

}  // namespace segue
