#include "segue/config/effective.hpp"

#include "effective_tree.hpp"
#include "json_text.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace segue {
namespace {

using Kind = EffectiveNode::Kind;

constexpr size_t kOriginColumn = 48;

std::string origin_of(const EffectiveNode& node) {
  if (node.at.line == 0) return "default";
  return fmt::format("{}:{}", replace_all(visible(node.at.file), "\n", " "), node.at.line);
}

// Without quotes only what no reader of YAML could take for anything but this text.
std::string yaml_text(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";
  constexpr std::array<std::string_view, 8> kWords{"true", "false", "null", "yes",
                                                   "no",   "on",    "off",  "nan"};
  std::string lower;
  for (const char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool letter_first =
      !lower.empty() && ((lower[0] >= 'a' && lower[0] <= 'z') || lower[0] == '/');
  const bool plain = letter_first && lower.size() > 1 &&
                     text.find_first_not_of(kPlain) == std::string::npos &&
                     std::ranges::count(kWords, lower) == 0;
  return plain ? text : json_string(text);
}

class YamlWriter {
 public:
  std::string write(const EffectiveNode& root) {
    map(root, 0);
    return std::move(text_);
  }

 private:
  void map(const EffectiveNode& node, size_t depth) {
    for (const EffectiveNode& child : node.children) {
      const std::string indent(depth * 2, ' ');
      const std::string key = yaml_text(child.key) + ":";
      if (child.kind == Kind::remark) {
        text_ += fmt::format("{}# {} {}\n", indent, key, child.text);
      } else if (child.kind == Kind::map && !child.children.empty()) {
        text_ += indent + key + "\n";
        map(child, depth + 1);
      } else if (child.kind == Kind::list && !child.children.empty()) {
        text_ += indent + key + "\n";
        for (const EffectiveNode& item : child.children) list_item(item, depth);
      } else {
        line(indent + key + " " + scalar(child), child);
      }
    }
  }

  void list_item(const EffectiveNode& item, size_t depth) {
    const std::string indent(depth * 2 + 2, ' ');
    if (item.kind == Kind::map && !item.children.empty()) {
      text_ += indent + "-\n";
      map(item, depth + 2);
    } else {
      line(indent + "- " + scalar(item), item);
    }
  }

  static std::string scalar(const EffectiveNode& node) {
    if (node.kind == Kind::map) return "{}";
    if (node.kind == Kind::list) return "[]";
    return node.kind == Kind::literal ? node.text : yaml_text(node.text);
  }

  void line(const std::string& start, const EffectiveNode& node) {
    const size_t blanks = start.size() < kOriginColumn ? kOriginColumn - start.size() : 1;
    text_ += fmt::format("{}{}# {}\n", start, std::string(blanks, ' '), origin_of(node));
  }

  std::string text_;
};

class JsonWriter {
 public:
  std::string write(const EffectiveNode& root) {
    const std::string configuration = value(root, "");
    return fmt::format("{{\"configuration\":{},\"origins\":{{{}}}}}", configuration,
                       join(origins_, ","));
  }

 private:
  std::string value(const EffectiveNode& node, const std::string& path) {
    if (node.kind == Kind::list || node.kind == Kind::map) return several(node, path);
    origins_.push_back(json_string(path) + ":" + json_string(origin_of(node)));
    return node.kind == Kind::literal ? node.text : json_string(node.text);
  }

  std::string several(const EffectiveNode& node, const std::string& path) {
    const bool list = node.kind == Kind::list;
    std::vector<std::string> parts;
    for (const EffectiveNode& child : node.children) {
      if (child.kind == Kind::remark) continue;
      std::string below = list ? fmt::format("{}[{}]", path, parts.size()) : child.key;
      if (!list && !path.empty()) below = path + "." + child.key;
      parts.push_back((list ? "" : json_string(child.key) + ":") + value(child, below));
    }
    return list ? "[" + join(parts, ",") + "]" : "{" + join(parts, ",") + "}";
  }

  std::vector<std::string> origins_;
};

}  // namespace

EffectiveConfig effective_config(const YamlNode& document, bool with_version) {
  const EffectiveNode tree = effective_tree(document, with_version);
  return {YamlWriter().write(tree), JsonWriter().write(tree)};
}

}  // namespace segue
