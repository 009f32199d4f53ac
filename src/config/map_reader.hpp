// Reads typed values out of a map whose types check_schema has already judged: a value of the
// wrong type is simply absent here.
//   const MapReader ssh = root.section("ssh");   ssh.number("port")  ->  optional<int>
#pragma once
#include "yaml_node.hpp"

#include "segue/base/duration.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

class MapReader {
 public:
  // `node` may be null: a section that is not there has no values.
  MapReader(const YamlNode* node, SourceSpan at) : node_(node), at_(std::move(at)) {}

  // A text with the place where it stands; `$$` is already a dollar.
  struct Text {
    std::string text;
    SourceSpan at;
    bool from_list = false;
  };

  bool exists() const { return node_ != nullptr; }
  const SourceSpan& at() const { return at_; }  // of the section's key
  bool has(std::string_view key) const { return find(key) != nullptr; }
  SourceSpan place_of(std::string_view key) const;  // of its value; of the section without one

  // Of a scalar: its text with `$$` as a dollar; nothing while it has a variable in it.
  static std::optional<std::string> expanded(const YamlNode& scalar);

  std::optional<Text> text(std::string_view key) const;
  std::vector<Text> texts(std::string_view key) const;  // a single text is a list of one
  std::optional<int> number(std::string_view key) const;
  std::vector<int> numbers(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  std::optional<Duration> duration(std::string_view key) const;
  MapReader section(std::string_view key) const;
  const YamlNode* node(std::string_view key) const;  // raw
  const std::vector<YamlEntry>& entries() const;

 private:
  const YamlEntry* find(std::string_view key) const;

  const YamlNode* node_;
  SourceSpan at_;
};

}  // namespace segue
