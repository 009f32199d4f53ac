// The configuration as it takes effect: what stands in the files with ${NAME} replaced, then the
// defaults, each with where it came from. Secrets stand by name; keys and passwords that are
// written out are masked. The YAML is a deploy.yml that loads as the same configuration.
//   services:
//     web:
//       image: shop:1      # deploy.production.yml:7
//       replicas: 1        # default
#pragma once
#include "segue/config/load.hpp"

#include <string>

namespace segue {

struct EffectiveConfig {
  std::string yaml;
  std::string json;  // {"configuration": {...}, "origins": {"services.web.image": "deploy.yml:7"}}
};

// Of LoadedConfig::document. Without `with_version`, images keep their ${VERSION}.
EffectiveConfig effective_config(const YamlNode& document, bool with_version);

}  // namespace segue
