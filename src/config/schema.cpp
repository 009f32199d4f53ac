#include "schema.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace segue {

std::string_view SchemaKey::name() const {
  const size_t dot = path.rfind('.');
  return dot == std::string::npos ? std::string_view(path) : std::string_view(path).substr(dot + 1);
}

std::string_view SchemaKey::parent() const {
  const size_t dot = path.rfind('.');
  return dot == std::string::npos ? std::string_view() : std::string_view(path).substr(0, dot);
}

const std::vector<SchemaKey>& schema() {
  static const std::vector<SchemaKey> table = [] {
    std::vector<SchemaKey> rows = project_schema();
    std::ranges::move(service_schema(), std::back_inserter(rows));
    return rows;
  }();
  return table;
}

std::vector<const SchemaKey*> schema_children(std::string_view parent) {
  static const auto by_parent = [] {
    std::map<std::string_view, std::vector<const SchemaKey*>> index;
    for (const SchemaKey& key : schema()) index[key.parent()].push_back(&key);
    return index;
  }();
  const auto found = by_parent.find(parent);
  return found == by_parent.end() ? std::vector<const SchemaKey*>() : found->second;
}

void add_rollout(std::vector<SchemaKey>& rows, const std::string& path, std::string doc) {
  constexpr long long kMostFailures = 10'000;
  const bool own = path != "rollout";
  const auto key = [&](const char* name) { return path + "." + name; };
  const auto fallback = [&](const char* name, const char* value) {
    return own ? std::string("`rollout.") + name + "`" : std::string(value);
  };
  rows.push_back({path, Shape::section, "", std::move(doc)});
  rows.push_back({key("parallel"), Shape::text, fallback("parallel", "1"),
                  "hosts of a service at a time: a number, or a percentage of its hosts like "
                  "`\"25%\"`, rounded down, at least 1"});
  rows.push_back(
      {key("pause"), Shape::duration, fallback("pause", "0s"), "between two batches of a service"});
  rows.push_back({key("max_failures"),
                  Shape::number,
                  fallback("max_failures", "0"),
                  "so many hosts of a service may fail, and go back, before `on_failure` applies",
                  KeyStatus::works,
                  false,
                  {},
                  0,
                  kMostFailures});
  rows.push_back({key("on_failure"),
                  Shape::choice,
                  fallback("on_failure", "rollback"),
                  "whether all goes back, what is done stays, or the service goes back alone",
                  KeyStatus::works,
                  false,
                  {"rollback", "stop", "isolate"}});
  rows.push_back(
      {key("strategy"), Shape::text, "", "another way than rolling", KeyStatus::not_yet});
  rows.push_back({key("bake"), Shape::duration, fallback("bake", "0s"),
                  "how long new containers are watched in traffic before the former ones leave"});
}

std::string_view shape_name(Shape shape) {
  switch (shape) {
    case Shape::text:
      return "text";
    case Shape::number:
      return "a whole number";
    case Shape::flag:
      return "true or false";
    case Shape::duration:
      return "a length of time";
    case Shape::choice:
      return "one of";
    case Shape::text_list:
      return "a list of texts";
    case Shape::text_or_list:
      return "text, or a list of texts";
    case Shape::numbers:
      return "a whole number, or a list of them";
    case Shape::raw_list:
      return "a list of maps, or of texts";
    case Shape::uploads:
      return "a list of texts, or of maps of keys";
    case Shape::text_map:
      return "a map of names to texts";
    case Shape::flag_or_texts:
      return "true, false, text, or a list of texts";
    case Shape::flag_or_map:
      return "true, false, or a map of keys";
    case Shape::text_or_map:
      return "text, or a map of keys";
    case Shape::limits:
      return "a map of names to numbers, or to {soft, hard}";
    case Shape::sections:
      return "a list of maps of keys";
    case Shape::section:
      return "a map of keys";
    case Shape::named_sections:
      return "a map of names";
  }
  return "";
}

}  // namespace segue
