#include "segue/config/origins.hpp"

#include "yaml_node.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/config/secret_text.hpp"

#include <fmt/format.h>

#include <set>

namespace segue {
namespace {

const YamlNode* below(const YamlNode* node, std::string_view key) {
  const YamlEntry* entry = node == nullptr ? nullptr : node->find(key);
  return entry == nullptr ? nullptr : entry->value.get();
}

// As far as the file has it: "proxy.targets.2.app_port", but also "ulimits.nofile.soft" of a plain
// number, or "ports.80/tcp" of a list.
const YamlNode* deepest(const YamlNode* service, const std::string& field) {
  const YamlNode* found = service;
  for (const std::string& part : split(field, '.')) {
    const YamlNode* next = below(found, part);
    if (found != nullptr && found->kind == YamlNode::Kind::list)
      if (const auto number = parse_number<size_t>(part); number && *number >= 1)
        next = *number <= found->items.size() ? found->items[*number - 1].get() : nullptr;
    if (next == nullptr) break;
    found = next;
  }
  return found == service ? nullptr : found;
}

}  // namespace

std::string Origins::of(const ServiceConfig& service, const std::string& field) const {
  constexpr std::string_view kSecret = "secret.";
  constexpr std::string_view kVariable = "environment.";
  if (field.starts_with(kSecret)) {
    const std::string name = field.substr(kSecret.size());
    const auto text = service.secret_texts.find(name);
    std::set<std::string> sources;
    for (const std::string& part : text == service.secret_texts.end()
                                       ? std::vector<std::string>{name}
                                       : names_in_secret_text(text->second))
      if (const auto source = secrets_.find(part); source != secrets_.end())
        sources.insert(source->second);
    return join({sources.begin(), sources.end()}, ", ");
  }
  const YamlNode* own = below(below(document_.get(), "services"), service.name);
  const YamlNode* node = nullptr;
  if (field.starts_with(kVariable)) {
    const std::string name = field.substr(kVariable.size());
    node = below(below(below(own, "environment"), "clear"), name);
    if (node == nullptr) node = below(below(below(document_.get(), "environment"), "clear"), name);
  } else {
    node = deepest(own, field == "image_id" ? "image" : field);
  }
  if (node == nullptr || node->at.line == 0) return {};
  return fmt::format("{}:{}", visible(node->at.file), node->at.line);
}

}  // namespace segue
