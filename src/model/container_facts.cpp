#include "segue/model/container_facts.hpp"

namespace segue {

const std::string& ContainerFacts::label(const char* key) const {
  static const std::string none;
  const auto it = labels.find(key);
  return it == labels.end() ? none : it->second;
}

bool ContainerFacts::of(const std::string& project, const std::string& environment) const {
  return label(label::kProject) == project && label(label::kEnvironment) == environment;
}

}  // namespace segue
