// What happens inside containers: health commands, and the proxy, which does what its loaded
// configuration says, with the token files and the network aliases as they are.
#include "world.hpp"

namespace fake {
namespace {

bool healthy(const json& container) {
  return container["state"] == "running" && container["image"] != "sha256:bad";
}

// "b-0a1b2c3d4e5f-1:3000"
json* dialled(World& world, const json& handler) {
  const std::string dial = handler["upstreams"][0]["dial"].get<std::string>();
  return world.container_with_alias(dial.substr(0, dial.find(':')));
}

const json* inner_route(const World& world, const std::string& header, const std::string& key) {
  const json& loaded = world.state["loaded"];
  if (!loaded.is_object()) return nullptr;
  for (const json& route : loaded["apps"]["http"]["servers"]["inner"]["routes"]) {
    const json& headers = route["match"][0]["header"];
    if (headers.contains(header) && headers[header][0] == key) return &route;
  }
  return nullptr;
}

std::string slot_by_token(const World& world, const std::string& key) {
  const std::string root = world.state["root"].get<std::string>();
  return world.exists(root + "/proxy/slots/" + key + "/green") ? "green" : "blue";
}

// The first healthy replica of a slot.
const json* server_of(World& world, const std::string& key, const std::string& slot) {
  const json* verify = inner_route(world, "X-Segue-Verify", key);
  if (verify == nullptr) return nullptr;
  const json& handler = (*verify)["handle"][0]["routes"][slot == "green" ? 0 : 1]["handle"][0];
  for (const json& upstream : handler["upstreams"]) {
    const std::string dial = upstream["dial"].get<std::string>();
    const json* container = world.container_with_alias(dial.substr(0, dial.find(':')));
    if (container != nullptr && healthy(*container)) return container;
  }
  return nullptr;
}

Answer probe(World& world, const Arguments& arguments) {
  // exec segue-proxy sh -c LOOP probe slice due pause interval patterns host path KEYS...
  for (size_t i = 13; i < arguments.size(); ++i) {
    const json* route = inner_route(world, "X-Segue-Probe", arguments[i]);
    const json* container = route == nullptr ? nullptr : dialled(world, (*route)["handle"][0]);
    if (container == nullptr) return {75, "0 5 none\nno connection\n"};
    if (!healthy(*container)) return {75, "0 5 503\n  X-Segue-Status: 503\nnot ready\n"};
    world.event("passed " + (*container)["id"].get<std::string>());
  }
  return {};
}

Answer reload(World& world) {
  const std::string root = world.state["root"].get<std::string>();
  const json loaded = json::parse(world.read(root + "/proxy/caddy.next.json"), nullptr, false);
  if (loaded.is_discarded()) return {1, "Error: invalid character\n"};
  world.state["loaded"] = loaded;
  return {};
}

Answer in_proxy(World& world, const Arguments& arguments) {
  const std::string root = world.state["root"].get<std::string>();
  if (arguments.at(2) == "test") {
    const std::string path = arguments.at(4);  // as the container sees it: /segue/...
    return {world.exists(root + "/proxy" + path.substr(6)) ? 0 : 1, ""};
  }
  const std::string what = arguments.size() > 5 ? arguments[5] : "";
  if (what.empty()) return {};  // the test that probes can run
  if (what == "reload") return reload(world);
  if (what == "probe") return probe(world, arguments);
  if (what == "drain") return {0, "0 0\n"};
  if (what != "verify") return unknown(world, arguments);
  const bool right = slot_by_token(world, arguments.at(6)) == arguments.at(9) &&
                     server_of(world, arguments.at(6), arguments.at(9)) != nullptr;
  return {right ? 0 : 1, right ? "" : "another slot answered\n"};
}

}  // namespace

Answer do_exec(World& world, const Arguments& arguments) {
  json* container = world.container(arguments.at(1));
  if (container == nullptr || (*container)["state"] != "running")
    return {1, "Error response from daemon: container is not running\n"};
  if (arguments.at(1) == "segue-proxy") return in_proxy(world, arguments);
  if (!healthy(*container)) return {1, "not healthy\n"};
  world.event("passed " + (*container)["id"].get<std::string>());
  return {};
}

const json* who_serves(World& world, const std::string& key) {
  return server_of(world, key, slot_by_token(world, key));
}

void note_what_serves(World& world) {
  const json& loaded = world.state["loaded"];
  if (!loaded.is_object()) return;
  for (const json& route : loaded["apps"]["http"]["servers"]["inner"]["routes"]) {
    const json& headers = route["match"][0]["header"];
    if (!headers.contains("X-Segue-Verify")) continue;
    const std::string key = headers["X-Segue-Verify"][0].get<std::string>();
    world.append("served", key + (who_serves(world, key) != nullptr ? " yes" : " no"));
  }
}

}  // namespace fake
