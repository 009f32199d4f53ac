// A deploy.yml together with those that it extends, as one document whose every value remembers the
// file it came from: maps merge, lists and scalars replace (rules E1).
//   deploy.production.yml: {extends: deploy.yml, services: {web: {replicas: 3}}}
// A chain has at most 8 files and no circle.
#pragma once
#include "yaml_node.hpp"

#include "segue/base/source_texts.hpp"
#include "segue/config/load.hpp"

#include <vector>

namespace segue {

struct ExtendedDocument {
  YamlNodePointer root;       // absent when a file is no YAML, or could not be read
  std::vector<Error> errors;  // code usage, each with its place
  SourceTexts texts;
};

ExtendedDocument read_extended(const LoadRequest& request);

}  // namespace segue
