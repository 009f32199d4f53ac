#include "json_values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace segue {
namespace {

using nlohmann::json;

std::optional<Secret> scalar_of(const json& value) {
  if (value.is_string()) return Secret(value.get<std::string>());
  if (value.is_number() || value.is_boolean()) return Secret(value.dump());
  return std::nullopt;
}

}  // namespace

Result<json> read_json(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) return fail(Code::usage, "its output is not JSON");
  return value;
}

Result<AdapterValues> values_of(const json& object) {
  if (!object.is_object()) return fail(Code::usage, "its output is no JSON object of values");
  AdapterValues values;
  for (const auto& [name, value] : object.items())
    if (auto scalar = scalar_of(value)) values.insert_or_assign(name, std::move(*scalar));
  return values;
}

Result<AdapterValues> values_of_list(const json& list, const ListKeys& keys,
                                     const std::vector<std::string>& wanted) {
  if (!list.is_array()) return fail(Code::usage, "its output is no JSON list of values");
  AdapterValues values;
  for (const json& entry : list) {
    if (!entry.is_object() || !entry.contains(keys.name) || !entry[keys.name].is_string()) continue;
    const std::string name = entry[keys.name].get<std::string>();
    if (std::ranges::count(wanted, name) == 0 || !entry.contains(keys.value)) continue;
    auto scalar = scalar_of(entry[keys.value]);
    if (!scalar) continue;
    if (!values.emplace(name, std::move(*scalar)).second)
      return fail(Code::usage, "it has " + name + " twice");
  }
  return values;
}

}  // namespace segue
