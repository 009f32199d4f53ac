// What effective_config shows, as a tree: every key that takes effect, with where it came from.
//   effective_tree(*document, false)  ->  map{ "project" -> text "shop", ... }
#pragma once
#include "yaml_node.hpp"

#include <string>
#include <vector>

namespace segue {

struct EffectiveNode {
  enum class Kind {
    literal,  // a number, true or false
    text,
    remark,  // a default that is no value: "the image's"
    list,
    map
  };
  std::string key;  // in a map
  Kind kind = Kind::map;
  std::string text;  // as it would be written in deploy.yml: `$$` for a dollar
  SourceSpan at;     // line 0: a default
  std::vector<EffectiveNode> children;
};

EffectiveNode effective_tree(const YamlNode& document, bool with_version);

}  // namespace segue
