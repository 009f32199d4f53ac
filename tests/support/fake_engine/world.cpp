#include "world.hpp"

#include <algorithm>

namespace fake {

json* World::container(const std::string& name_or_id) {
  for (json& container : state["containers"])
    if (container["name"] == name_or_id || container["id"] == name_or_id) return &container;
  return nullptr;
}

json* World::container_with_alias(const std::string& alias) {
  const json* proxy = container("segue-proxy");
  if (proxy == nullptr || (*proxy)["state"] != "running") return nullptr;
  for (json& container : state["containers"]) {
    if (container["state"] != "running") continue;
    for (const auto& [network, aliases] : container["networks"].items()) {
      const bool joined = (*proxy)["networks"].contains(network);
      if (joined && std::find(aliases.begin(), aliases.end(), alias) != aliases.end())
        return &container;
    }
  }
  return nullptr;
}

Answer unknown(World& world, const Arguments& arguments) {
  world.append("unknown", json(arguments).dump());
  return {64, {}, "fake engine: what is " + json(arguments).dump() + "?\n"};
}

Arguments options(const Arguments& arguments, const std::string& name) {
  Arguments values;
  for (size_t i = 0; i + 1 < arguments.size() && arguments[i] != "--"; ++i)
    if (arguments[i] == name) values.push_back(arguments[i + 1]);
  return values;
}

std::string option(const Arguments& arguments, const std::string& name) {
  const Arguments values = options(arguments, name);
  return values.empty() ? "" : values.back();
}

// What comes after `--`, or after all options that have a value.
Arguments positional(const Arguments& arguments, size_t from) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  if (end != arguments.end()) return {end + 1, arguments.end()};
  Arguments found;
  for (size_t i = from; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with("-")) {
      found.push_back(arguments[i]);
    } else if (arguments[i] == "--format" || arguments[i] == "--type" || arguments[i] == "--tail" ||
               arguments[i] == "--label") {
      ++i;
    }
  }
  return found;
}

}  // namespace fake
