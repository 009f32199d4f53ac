// Text in, one YAML document out as a YamlNode tree with the place of every key and value. The only
// file that knows yaml-cpp. Bounded: 1 MiB, 64 levels, 100,000 nodes with aliases counted as often
// as they are used, 10,000 items of a list. Duplicate keys, a second document, NUL and invalid
// UTF-8 are errors.
#pragma once
#include "yaml_node.hpp"

#include "segue/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct YamlDocument {
  YamlNodePointer root;       // absent when the text is no YAML; of duplicate keys it has the first
  std::vector<Error> errors;  // code usage, each with its place
};

YamlDocument read_yaml(const std::string& file, std::string_view text);

}  // namespace segue
