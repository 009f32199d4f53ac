#include "map_reader.hpp"

#include "scalar.hpp"

namespace segue {

const YamlEntry* MapReader::find(std::string_view key) const {
  return node_ == nullptr ? nullptr : node_->find(key);
}

const std::vector<YamlEntry>& MapReader::entries() const {
  static const std::vector<YamlEntry> kNone;
  return node_ == nullptr ? kNone : node_->entries;
}

SourceSpan MapReader::place_of(std::string_view key) const {
  const YamlEntry* entry = find(key);
  return entry == nullptr ? at_ : entry->value->at;
}

const YamlNode* MapReader::node(std::string_view key) const {
  const YamlEntry* entry = find(key);
  return entry == nullptr ? nullptr : entry->value.get();
}

std::optional<std::string> MapReader::expanded(const YamlNode& scalar) {
  if (find_variable(scalar.text)) return std::nullopt;
  return expand_dollars(scalar.text);
}

std::optional<MapReader::Text> MapReader::text(std::string_view key) const {
  const YamlNode* value = node(key);
  if (value == nullptr || value->kind != YamlNode::Kind::scalar || find_variable(value->text))
    return std::nullopt;
  return Text{expand_dollars(value->text), value->at};
}

std::vector<MapReader::Text> MapReader::texts(std::string_view key) const {
  std::vector<Text> texts;
  if (const auto single = text(key)) texts.push_back(*single);
  const YamlNode* value = node(key);
  if (value == nullptr || value->kind != YamlNode::Kind::list) return texts;
  for (const YamlNodePointer& item : value->items)
    if (item->kind == YamlNode::Kind::scalar && !find_variable(item->text))
      texts.push_back({expand_dollars(item->text), item->at, true});
  return texts;
}

std::optional<int> MapReader::number(std::string_view key) const {
  const YamlNode* value = node(key);
  if (value == nullptr) return std::nullopt;
  const auto number = read_number(*value, {});
  return number ? std::optional(*number) : std::nullopt;
}

std::vector<int> MapReader::numbers(std::string_view key) const {
  const YamlNode* value = node(key);
  std::vector<int> numbers;
  if (value == nullptr) return numbers;
  if (const auto single = read_number(*value, {})) numbers.push_back(*single);
  for (const YamlNodePointer& item : value->items)
    if (const auto number = read_number(*item, {})) numbers.push_back(*number);
  return numbers;
}

std::optional<bool> MapReader::flag(std::string_view key) const {
  const YamlNode* value = node(key);
  if (value == nullptr) return std::nullopt;
  const auto flag = read_flag(*value);
  return flag ? std::optional(*flag) : std::nullopt;
}

std::optional<Duration> MapReader::duration(std::string_view key) const {
  const auto value = text(key);
  if (!value) return std::nullopt;
  const auto duration = parse_duration(value->text);
  return duration ? std::optional(*duration) : std::nullopt;
}

MapReader MapReader::section(std::string_view key) const {
  const YamlEntry* entry = find(key);
  if (entry == nullptr) return {nullptr, at_};
  return {entry->value->kind == YamlNode::Kind::map ? entry->value.get() : nullptr, entry->key_at};
}

}  // namespace segue
