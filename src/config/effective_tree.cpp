#include "effective_tree.hpp"

#include "names.hpp"
#include "read_extra_routes.hpp"
#include "scalar.hpp"
#include "schema.hpp"

#include "segue/base/duration.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace segue {
namespace {

using Kind = EffectiveNode::Kind;

// Written out in the file, these would be seen; the name of a secret may be.
bool is_masked(const SchemaKey& key, const std::string& text) {
  constexpr std::array<std::string_view, 3> kSecret{"key_data", "key_passphrase", "password"};
  if (std::ranges::count(kSecret, key.name()) == 0) return false;
  return !is_capital_name(text);
}

Kind kind_of(Shape shape, const std::string& text) {
  if (shape == Shape::number || shape == Shape::numbers || shape == Shape::flag)
    return Kind::literal;
  const bool flag = text == "true" || text == "false";
  return flag && (shape == Shape::flag_or_texts || shape == Shape::flag_or_map) ? Kind::literal
                                                                                : Kind::text;
}

// "80", but not "the image's".
bool is_value(const SchemaKey& key) {
  const std::string& text = key.fallback;
  if (text.empty() || contains(text, "`") || contains(text, " ")) return false;
  switch (key.shape) {
    case Shape::text:
    case Shape::flag_or_texts:
      return true;
    case Shape::number:
      return std::ranges::all_of(text, is_digit);
    case Shape::flag:
    case Shape::flag_or_map:
      return text == "true" || text == "false";
    case Shape::duration:
      return parse_duration(text).has_value();
    case Shape::choice:
      return std::ranges::count(key.choices, text) != 0;
    default:
      return false;
  }
}

// The variables of a service's containers: its own before the shared ones, as they are read.
class Variables {
 public:
  void add(const YamlNode* environment) {
    if (environment == nullptr) return;
    if (const YamlEntry* clear = environment->find("clear"))
      for (const YamlEntry& entry : clear->value->entries) put(entry.key, entry.value, false);
    if (const YamlEntry* secrets = environment->find("secrets"))
      for (const YamlNodePointer& item : secrets->value->items) put(item->text, item, true);
  }
  bool empty() const { return all_.empty(); }
  std::shared_ptr<YamlNode> node() const {
    auto clear = std::make_shared<YamlNode>();
    clear->kind = YamlNode::Kind::map;
    auto secrets = std::make_shared<YamlNode>();
    secrets->kind = YamlNode::Kind::list;
    for (const Variable& variable : all_)
      if (variable.secret)
        secrets->items.push_back(variable.value);
      else
        clear->entries.push_back({variable.name, variable.value->at, variable.value});
    auto node = std::make_shared<YamlNode>();
    node->kind = YamlNode::Kind::map;
    if (!clear->entries.empty()) node->entries.push_back({"clear", clear->at, clear});
    if (!secrets->items.empty()) node->entries.push_back({"secrets", secrets->at, secrets});
    return node;
  }

 private:
  struct Variable {
    std::string name;
    YamlNodePointer value;
    bool secret = false;
  };
  void put(const std::string& name, const YamlNodePointer& value, bool secret) {
    std::erase_if(all_, [&](const Variable& variable) { return variable.name == name; });
    all_.push_back({name, value, secret});
  }
  std::vector<Variable> all_;
};

const YamlNode* value_at(const YamlNode& root, std::string_view path) {
  const YamlNode* node = &root;
  for (const std::string& part : split(path, '.')) {
    const YamlEntry* entry = node->find(part);
    if (entry == nullptr) return nullptr;
    node = entry->value.get();
  }
  return node;
}

class Tree {
 public:
  Tree(const YamlNode& root, bool with_version) : root_(root), with_version_(with_version) {}

  // `node` may be null: a section that is not there has its defaults.
  std::vector<EffectiveNode> section(const std::string& pattern, const YamlNode* node) {
    std::vector<EffectiveNode> children;
    const auto known = schema_children(pattern);
    for (const YamlEntry& entry :
         node == nullptr ? std::vector<YamlEntry>() : with_variables(pattern, *node)) {
      const auto key =
          std::ranges::find_if(known, [&](const auto* row) { return row->name() == entry.key; });
      if (key == known.end() || (*key)->status != KeyStatus::works) continue;
      EffectiveNode child = value(**key, *entry.value);
      child.key = entry.key;
      children.push_back(std::move(child));
    }
    for (const SchemaKey* key : known)
      if (key->status == KeyStatus::works &&
          (node == nullptr || node->find(std::string(key->name())) == nullptr))
        add_default(*key, children);
    return children;
  }

 private:
  // Those of a service's containers have the shared ones among them.
  std::vector<YamlEntry> with_variables(const std::string& pattern, const YamlNode& node) const {
    std::vector<YamlEntry> entries = node.entries;
    if (pattern != "services.*") return entries;
    Variables variables;
    variables.add(value_at(root_, "environment"));
    variables.add(value_at(node, "environment"));
    std::erase_if(entries, [](const YamlEntry& entry) { return entry.key == "environment"; });
    if (!variables.empty()) entries.push_back({"environment", node.at, variables.node()});
    return entries;
  }

  EffectiveNode value(const SchemaKey& key, const YamlNode& given) {
    EffectiveNode node;
    node.at = given.at;
    if (given.kind == YamlNode::Kind::scalar) return scalar(key, given);
    if (given.kind == YamlNode::Kind::null) {  // in what is not ours
      node.kind = Kind::literal;
      node.text = "null";
      return node;
    }
    if (given.kind == YamlNode::Kind::list) {
      node.kind = Kind::list;
      for (const YamlNodePointer& item : given.items) node.children.push_back(item_of(key, *item));
      return node;
    }
    if (key.shape != Shape::named_sections && !schema_children(key.path).empty()) {
      node.children = section(key.path, &given);
      return node;
    }
    for (const YamlEntry& entry : given.entries) {
      EffectiveNode child;
      child.at = entry.value->at;
      if (key.shape == Shape::named_sections)
        child.children = section(key.path + ".*", entry.value.get());
      else
        child = value(key, *entry.value);
      child.key = entry.key;
      node.children.push_back(std::move(child));
    }
    return node;
  }

  // In a list of maps each has the keys below `path[]`.
  EffectiveNode item_of(const SchemaKey& key, const YamlNode& item) {
    if (item.kind != YamlNode::Kind::map || schema_children(key.path + "[]").empty())
      return value(key, item);
    EffectiveNode node;
    node.at = item.at;
    node.children = section(key.path + "[]", &item);
    return node;
  }

  EffectiveNode scalar(const SchemaKey& key, const YamlNode& given) const {
    EffectiveNode node;
    node.at = given.at;
    node.kind = kind_of(key.shape, given.text);
    node.text = given.secret ? given.text : replace_all(given.text, "$", "$$");
    if (!with_version_ && !given.unversioned.empty()) node.text = given.unversioned;
    if (!given.secret && is_masked(key, given.text)) node.text = "[secret]";
    if (key.shape == Shape::raw_list && is_json_literal(given)) node.kind = Kind::literal;
    return node;
  }

  // A section whose presence means something has no defaults while it is not there.
  void add_default(const SchemaKey& key, std::vector<EffectiveNode>& children) {
    EffectiveNode node;
    node.key = key.name();
    if (key.shape == Shape::section) {
      if (!key.parent().empty() && key.name() != "rollout") return;
      node.children = section(key.path, nullptr);
      const bool has_values = std::ranges::any_of(
          node.children, [](const EffectiveNode& child) { return child.kind != Kind::remark; });
      if (has_values) children.push_back(std::move(node));
      return;
    }
    if (const auto elsewhere = referred(key)) {
      node = *elsewhere;
      node.key = key.name();
    } else if (is_value(key)) {
      node.kind = kind_of(key.shape, key.fallback);
      node.text = key.fallback;
    } else if (key.fallback.empty()) {
      return;
    } else {
      node.kind = Kind::remark;
      node.text = replace_all(key.fallback, "`", "");
    }
    children.push_back(std::move(node));
  }

  // "`rollout.pause`": what the shared key says, or its own default.
  std::optional<EffectiveNode> referred(const SchemaKey& key) {
    const std::string& text = key.fallback;
    if (text.size() < 3 || text.front() != '`' || text.find('`', 1) != text.size() - 1)
      return std::nullopt;
    const std::string path = text.substr(1, text.size() - 2);
    const auto row = std::ranges::find(schema(), path, &SchemaKey::path);
    if (row == schema().end()) return std::nullopt;
    if (const YamlNode* given = value_at(root_, path)) return value(*row, *given);
    std::vector<EffectiveNode> defaults;
    add_default(*row, defaults);
    return defaults.empty() ? std::nullopt : std::optional(defaults.front());
  }

  const YamlNode& root_;
  bool with_version_;
};

}  // namespace

EffectiveNode effective_tree(const YamlNode& document, bool with_version) {
  EffectiveNode node;
  node.children = Tree(document, with_version).section("", &document);
  return node;
}

}  // namespace segue
