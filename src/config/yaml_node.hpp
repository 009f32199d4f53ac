// A YAML document as an ordered tree that remembers where everything stands. Aliases share their
// target; merge keys are already applied, so a reader sees plain maps, lists and scalars.
//   hosts: [web-1]   is   map{ "hosts" -> list{ scalar "web-1" } }
#pragma once
#include "segue/base/source_span.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct YamlNode;
using YamlNodePointer = std::shared_ptr<const YamlNode>;

struct YamlEntry {
  std::string key;
  SourceSpan key_at;
  YamlNodePointer value;
};

struct YamlNode {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text;     // of a scalar
  bool quoted = false;  // written in quotes, as a block, or tagged !!str: never a number or boolean
  bool secret = false;  // has ${NAME} of secrets in it, and `$$` for each dollar
  std::string unversioned{};  // of an image with ${VERSION}: the text before that was replaced
  bool broken = false;        // a text that can't be known: what is wrong has been said
  std::vector<YamlNodePointer> items;
  std::vector<YamlEntry> entries;  // in the order of the file
  SourceSpan at;
  size_t weight = 1;  // nodes in this tree, counting an alias as often as it is used
  size_t height = 1;  // levels in this tree

  const YamlEntry* find(std::string_view key) const {
    for (const YamlEntry& entry : entries)
      if (entry.key == key) return &entry;
    return nullptr;
  }
};

}  // namespace segue
