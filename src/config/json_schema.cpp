#include "segue/config/json_schema.hpp"

#include "json_text.hpp"
#include "schema.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace segue {
namespace {

constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";
// A scalar is a text whatever a reader of YAML makes of it.
constexpr std::string_view kText = R"({"type":["string","number","boolean"]})";
constexpr std::string_view kVariable = R"({"type":"string","pattern":"\\$\\{"})";
constexpr std::string_view kDigits = R"({"type":"string","pattern":"^[0-9]+$"})";
constexpr std::string_view kDuration =
    R"({"type":"string","pattern":"^([0-9]+|([0-9]+(h|m|s|ms))+)$"})";

constexpr std::string_view kLimits =
    R"({"type":"object","additionalProperties":{"anyOf":[{"$ref":"#/$defs/limit"},)"
    R"({"type":"object","properties":{"soft":{"$ref":"#/$defs/limit"},)"
    R"("hard":{"$ref":"#/$defs/limit"}},"required":["soft","hard"],)"
    R"("additionalProperties":false}]}})";
constexpr std::string_view kLimit = R"({"anyOf":[{"type":"integer","minimum":-1},)"
                                    R"({"type":"string","pattern":"^([0-9]+|-1|unlimited)$"}]})";

using Members = std::map<std::string, std::string>;  // of a JSON object

std::string object_of(const Members& members) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : members) parts.push_back(json_string(name) + ":" + value);
  return "{" + join(parts, ",") + "}";
}

std::string any_of(const std::vector<std::string>& schemas) {
  return R"({"anyOf":[)" + join(schemas, ",") + "]}";
}

std::string list_of(const std::string& item) {
  return R"({"type":"array","items":)" + item + "}";
}

class Writer {
 public:
  // A file that extends another need not be whole.
  explicit Writer(bool whole) : whole_(whole) {}

  std::string section(const std::string& path) const {
    Members properties;
    std::vector<std::string> required;
    std::vector<std::string> either;
    for (const SchemaKey* key : schema_children(path)) {
      if (key->status == KeyStatus::not_yet) continue;
      properties[std::string(key->name())] = described(*key);
      if (key->required && key->unless.empty()) required.push_back(json_string(key->name()));
      if (key->required && !key->unless.empty())
        for (const std::string_view one : {key->name(), std::string_view(key->unless)})
          either.push_back(R"({"required":[)" + json_string(one) + "]}");
    }
    Members members{{"type", R"("object")"}};
    if (properties.empty()) return object_of(members);
    members["properties"] = object_of(properties);
    members["patternProperties"] = R"({"^x-":true})";
    members["additionalProperties"] = "false";
    if (whole_ && !required.empty()) members["required"] = "[" + join(required, ",") + "]";
    if (whole_ && !either.empty()) members["anyOf"] = "[" + join(either, ",") + "]";
    return object_of(members);
  }

 private:
  std::string described(const SchemaKey& key) const {
    std::string schema = of_shape(key);
    Members about{{"description", json_string(key.doc)}};
    if (key.status == KeyStatus::no_effect) about["deprecated"] = "true";
    if (!key.fallback.empty())
      about["description"] = json_string(fmt::format("{} (default: {})", key.doc, key.fallback));
    schema.insert(1, object_of(about).substr(1, object_of(about).size() - 2) + ",");
    return schema;
  }

  std::string of_shape(const SchemaKey& key) const {
    switch (key.shape) {
      case Shape::text:
        return std::string(kText);
      case Shape::number:
        return number(key);
      case Shape::flag:
        return flag();
      case Shape::duration:
        return any_of(
            {R"({"type":"integer","minimum":0})", std::string(kDuration), std::string(kVariable)});
      case Shape::choice:
        return choice(key);
      case Shape::text_list:
        return list_of(std::string(kText));
      case Shape::text_or_list:
      case Shape::flag_or_texts:
        return any_of({std::string(kText), list_of(std::string(kText))});
      case Shape::numbers:
        return any_of({number(key), list_of(number(key))});
      case Shape::text_map:
        return R"({"type":"object","additionalProperties":)" + std::string(kText) + "}";
      case Shape::text_or_map:
        return any_of({std::string(kText), section(key.path)});
      case Shape::flag_or_map:
        return any_of({flag(), section(key.path)});
      case Shape::limits:
        return std::string(kLimits);
      case Shape::sections:
        return list_of(section(key.path + "[]"));
      case Shape::raw_list:
        return list_of(any_of({std::string(kText), R"({"type":"object"})"}));
      case Shape::uploads:
        return list_of(any_of({std::string(kText), section(key.path + "[]")}));
      case Shape::section:
        return section(key.path);
      case Shape::named_sections:
        return R"({"type":"object","minProperties":1,"additionalProperties":)" +
               section(key.path + ".*") + "}";
    }
    return R"({"$comment":"anything"})";
  }

  static std::string flag() { return any_of({R"({"type":"boolean"})", std::string(kVariable)}); }

  static std::string number(const SchemaKey& key) {
    Members members{{"type", R"("integer")"}, {"minimum", std::to_string(key.least)}};
    if (key.most > 0) members["maximum"] = std::to_string(key.most);
    return any_of({object_of(members), std::string(kDigits), std::string(kVariable)});
  }

  static std::string choice(const SchemaKey& key) {
    std::vector<std::string> choices;
    for (const std::string& choice : key.choices) choices.push_back(json_string(choice));
    return any_of({R"({"enum":[)" + join(choices, ",") + "]}", std::string(kVariable)});
  }

  bool whole_;
};

}  // namespace

std::string json_schema() {
  return object_of({{"$schema", json_string(kDialect)},
                    {"title", json_string("deploy.yml of segue")},
                    {"$defs", object_of({{"limit", std::string(kLimit)}})},
                    {"if", R"({"type":"object","required":["extends"]})"},
                    {"then", Writer(false).section("")},
                    {"else", Writer(true).section("")}});
}

}  // namespace segue
