#include "read_extra_routes.hpp"

#include "names.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace segue {
namespace {

using nlohmann::json;

constexpr size_t kMostNodes = 10'000;  // of all routes; the configuration travels as one text
constexpr size_t kMostBytes = 65'536;
constexpr int kMostLevels = 64;

json scalar_of(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::null) return nullptr;
  return is_json_literal(node) ? json::parse(node.text) : json(node.text);
}

json json_of(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::map) {
    json object = json::object();
    for (const YamlEntry& entry : node.entries) object[entry.key] = json_of(*entry.value);
    return object;
  }
  if (node.kind == YamlNode::Kind::list) {
    json list = json::array();
    for (const YamlNodePointer& item : node.items) list.push_back(json_of(*item));
    return list;
  }
  return scalar_of(node);
}

bool is_broken(const YamlNode& node) {
  const auto below = [](const auto& pointer) { return is_broken(*pointer); };
  return node.broken || std::ranges::any_of(node.items, below) ||
         std::ranges::any_of(node.entries, below, &YamlEntry::value);
}

struct Refusal {
  std::string what;
  std::string hint;
};

constexpr const char* kExample = "such as match: [{host: [old.example.com]}]";

bool are_names(const json& hosts) {
  return hosts.is_array() && !hosts.empty() && std::ranges::all_of(hosts, [](const json& host) {
           if (!host.is_string()) return false;
           const auto& name = host.get_ref<const std::string&>();
           const std::string fixed = name.starts_with("*.") ? name.substr(2) : name;
           return !fixed.empty() && fixed.find_first_of("*{} \t\r\n") == std::string::npos;
         });
}

// "/" is one page; "/*" and "*" are all there is.
bool are_paths(const json& paths) {
  return paths.is_array() && !paths.empty() && std::ranges::all_of(paths, [](const json& path) {
           if (!path.is_string()) return false;
           const auto& pattern = path.get_ref<const std::string&>();
           return pattern == "/" || pattern.find_first_not_of("/*?") != std::string::npos;
         });
}

std::optional<Refusal> wrong_matcher(const json& matcher) {
  if (!matcher.is_object()) return Refusal{"a matcher is a map", kExample};
  if (matcher.contains("host")) {
    if (are_names(matcher["host"])) return std::nullopt;
    return Refusal{"`host` of an extra route is a list of host names",
                   "each may begin with `*.`, and has no placeholder"};
  }
  if (matcher.contains("path") && are_paths(matcher["path"])) return std::nullopt;
  return Refusal{"an extra route must match host names or paths: it would take all requests",
                 kExample};
}

std::optional<Refusal> wrong_route(const json& route) {
  constexpr std::array<std::string_view, 4> kParts{"match", "handle", "terminal", "group"};
  if (!route.is_object())
    return Refusal{"an extra route is a map, or a JSON object as text",
                   "with `match` and `handle`, as Caddy has them"};
  for (const auto& [key, value] : route.items())
    if (std::ranges::count(kParts, key) == 0)
      return Refusal{fmt::format("\"{}\" is no part of an extra route", visible(key)),
                     "there are: match, handle, terminal, group"};
  if (!route.contains("match") || !route["match"].is_array() || route["match"].empty())
    return wrong_matcher(json::object());
  for (const json& matcher : route["match"])
    if (auto refusal = wrong_matcher(matcher)) return refusal;
  if (!route.contains("handle") || !route["handle"].is_array() || route["handle"].empty())
    return Refusal{"an extra route has a list of handlers in `handle`",
                   "such as handle: [{handler: static_response, body: moved}]"};
  if (route.contains("group") && !route["group"].is_string())
    return Refusal{"`group` of an extra route is text", ""};
  return std::nullopt;
}

// Bounded on the way, since the rest goes through it by recursion.
std::optional<json> parse(const std::string& text) {
  bool too_deep = false;
  json value = json::parse(
      text,
      [&](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > kMostLevels;
        return !too_deep;
      },
      false);
  if (too_deep || value.is_discarded()) return std::nullopt;
  return value;
}

// So that names of two projects can be compared; to Caddy it is all the same.
std::string text_of(json route) {
  for (json& matcher : route["match"])
    if (matcher.contains("host"))
      for (json& name : matcher["host"]) name = lower_case(name.get<std::string>());
  return route.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

bool is_json_literal(const YamlNode& scalar) {
  if (scalar.quoted) return false;
  const json value = json::parse(scalar.text, nullptr, false);
  return value.is_number() || value.is_boolean();
}

std::vector<std::string> read_extra_routes(const MapReader& proxy, Problems& problems) {
  std::vector<std::string> routes;
  const YamlNode* list = proxy.node("extra");
  if (list == nullptr || list->kind != YamlNode::Kind::list) return routes;
  if (list->weight > kMostNodes || list->height > kMostLevels) {
    problems.add(list->at, "`proxy.extra` is too much for the proxy of a host",
                 fmt::format("at most {} values, {} levels", kMostNodes, kMostLevels));
    return routes;
  }
  size_t size = 0;
  for (const YamlNodePointer& item : list->items) {
    const bool is_text = item->kind == YamlNode::Kind::scalar;
    if (is_broken(*item) || (!is_text && item->kind != YamlNode::Kind::map)) continue;
    const std::optional<json> route = is_text ? parse(item->text) : json_of(*item);
    const auto refusal = route ? wrong_route(*route) : Refusal{"this is not JSON", ""};
    if (refusal) {
      problems.add(item->at, refusal->what, refusal->hint);
      continue;
    }
    routes.push_back(text_of(*route));
    size += routes.back().size();
  }
  if (size > kMostBytes)
    problems.add(list->at, "`proxy.extra` is too much for the proxy of a host",
                 fmt::format("at most {} KiB", kMostBytes / 1024));
  return routes;
}

}  // namespace segue
