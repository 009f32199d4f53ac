#include "segue/proxy/extra_routes.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace segue {
namespace {

using nlohmann::json;

// "/*" and "*" match all there is.
bool is_every_path(const json& pattern) {
  return pattern.is_string() &&
         pattern.get_ref<const std::string&>().find_first_not_of("/*?") == std::string::npos &&
         pattern.get_ref<const std::string&>() != "/";
}

bool takes_every_path(const json& matcher) {
  const auto paths = matcher.find("path");
  return paths == matcher.end() || std::any_of(paths->begin(), paths->end(), is_every_path);
}

// Those of two projects must not be one group: of a group only the first that matches is taken.
json with_own_group(json route, const Identity& identity) {
  if (route.contains("group"))
    route["group"] = identity.key() + "." + route["group"].get<std::string>();
  return route;
}

// The matchers that have names, or those that have none.
json with_matchers(json route, bool named) {
  json kept = json::array();
  for (json& matcher : route["match"])
    if (matcher.contains("host") == named) kept.push_back(std::move(matcher));
  route["match"] = std::move(kept);
  return route;
}

json given_names(json route, const std::vector<std::string>& names) {
  for (json& matcher : route["match"])
    if (!matcher.contains("host")) matcher["host"] = names;
  return route;
}

// Both public servers have them: a matcher of the protocol keeps a route to one of them.
RouteFile file_of(const std::string& name, const std::vector<std::string>& taken,
                  const json& routes) {
  std::string list = routes.dump();
  list = list.substr(1, list.size() - 2);  // without the brackets: the host joins them
  const std::string names = taken.empty() ? "" : " " + join(taken, " ");
  return {name, "0 0 - extra" + names + "\n" + list + "\n\nhttps " + list + "\n"};
}

}  // namespace

std::vector<RouteFile> extra_route_files(const ExtraRoutes& extra) {
  json first = json::array();
  json last = json::array();  // before those of services without a name
  std::vector<std::string> taken;
  for (const std::string& text : extra.routes) {
    json route = with_own_group(json::parse(text), extra.identity);
    for (const std::string& name : taken_names(text))
      if (std::find(taken.begin(), taken.end(), name) == taken.end()) taken.push_back(name);
    json unnamed = with_matchers(route, false);
    json named = extra.names.empty() ? with_matchers(std::move(route), true)
                                     : given_names(std::move(route), extra.names);
    if (!named["match"].empty()) first.push_back(std::move(named));
    if (extra.every_name && !unnamed["match"].empty()) last.push_back(std::move(unnamed));
  }
  const auto named = [&](const char* order) {
    return fmt::format("{}.{}.{}.json", order, extra.identity.key(), kExtraRoutes);
  };
  std::vector<RouteFile> files;
  if (!first.empty()) files.push_back(file_of(named("0-+"), taken, first));
  if (!last.empty()) files.push_back(file_of(named("5-+"), {}, last));
  return files;
}

bool holds_extra_routes(const std::string& file) {
  return file.ends_with(fmt::format(".{}.json", kExtraRoutes));
}

std::vector<std::string> taken_names(const std::string& route) {
  std::vector<std::string> names;
  const json parsed = json::parse(route);
  for (const json& matcher : parsed.at("match"))
    if (matcher.contains("host") && takes_every_path(matcher))
      for (const json& name : matcher["host"]) names.push_back(name);
  return names;
}

bool names_meet(const std::string& one, const std::string& other) {
  if (one == other || one == "*" || other == "*") return true;
  // `*` stands for one label.
  const auto rest = [](const std::string& name) {
    return name.substr(std::min(name.find('.'), name.size()));
  };
  return (one.starts_with("*.") || other.starts_with("*.")) && rest(one) == rest(other);
}

}  // namespace segue
