// Making containers, and telling about them.
#include "world.hpp"

#include "segue/engine/engine.hpp"

namespace fake {
namespace {

constexpr const char* kSettleFormat = "{{.ID}} {{.Names}} {{.State}}";
constexpr const char* kWatchFormat =
    "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.Name}} "
    "{{.RestartCount}}";
constexpr const char* kNetworksFormat =
    "{{range $name, $_ := .NetworkSettings.Networks}} {{$name}} {{end}}";
constexpr const char* kProxyFormat = "{{.State.Running}} {{index .Config.Labels \"segue.role\"}}";

std::string text_of(const json& value) {
  return value.get<std::string>();
}

std::string listed(const json& container, const std::string& format) {
  if (format == kSettleFormat)
    return text_of(container["id"]) + " " + text_of(container["name"]) + " " +
           text_of(container["state"]);
  const auto label = [&](const char* name) { return container["labels"].value(name, ""); };
  return text_of(container["id"]) + "|" + text_of(container["name"]) + "|" +
         label("segue.project") + "|" + label("segue.environment") + "|" + label("segue.service") +
         "|" + label("segue.role") + "|" + container.value("ports", "");
}

std::string full(const json& container) {
  json networks = json::array();
  for (const auto& [name, aliases] : container["networks"].items()) networks.push_back(name);
  networks.push_back("");
  return json{{"id", container["id"]},
              {"name", "/" + text_of(container["name"])},
              {"image", container["image"]},
              {"image_id", container["image"]},
              {"state", container["state"]},
              {"exit_code", container["exit_code"]},
              {"out_of_memory", false},
              {"restarts", container.value("restarts", 0)},
              {"policy", container["policy"]},
              {"started_at", "2026-01-01T00:00:00Z"},
              {"health", ""},
              {"labels", container["labels"]},
              {"networks", networks}}
      .dump();
}

std::string shown(const json& container, const std::string& format) {
  if (format == segue::Engine::container_format()) return full(container);
  const bool running = container["state"] == "running";
  if (format == kWatchFormat)
    return text_of(container["state"]) + " " + std::to_string(container["exit_code"].get<int>()) +
           " false /" + text_of(container["name"]) + " " +
           container.value("restarts", json(0)).dump();
  if (format == kProxyFormat)
    return std::string(running ? "true " : "false ") + container["labels"].value("segue.role", "");
  std::string networks;
  for (const auto& [name, aliases] : container["networks"].items()) networks += " " + name + " ";
  return networks;
}

// "8080:80" -> "0.0.0.0:8080->80/tcp"
std::string ports_text(const Arguments& ports) {
  std::string text;
  for (const std::string& port : ports) {
    const size_t colon = port.rfind(':');
    const std::string inner = port.substr(colon + 1);
    text += (text.empty() ? "" : ", ") + ("0.0.0.0:" + port.substr(0, colon)) + "->" + inner +
            (inner.find('/') == std::string::npos ? "/tcp" : "");
  }
  return text;
}

}  // namespace

Answer do_inspect(World& world, const Arguments& arguments) {
  const std::string format = option(arguments, "--format");
  Answer answer;
  if (arguments[0] == "ps" && arguments.at(1) == "-aq") {
    const std::string image = option(arguments, "--filter").substr(std::string("ancestor=").size());
    for (const json& container : world.state["containers"])
      if (container["image"] == image) answer.text += text_of(container["id"]) + "\n";
    return answer;
  }
  if (arguments[0] == "ps") {
    const bool known = format == kSettleFormat || format.starts_with("{{.ID}}|{{.Names}}|");
    if (!known) return unknown(world, arguments);
    for (const json& container : world.state["containers"])
      answer.text += listed(container, format) + "\n";
    return answer;
  }
  if (format != kWatchFormat && format != kNetworksFormat && format != kProxyFormat &&
      format != segue::Engine::container_format())
    return unknown(world, arguments);
  for (const std::string& name : positional(arguments, 1)) {
    const json* container = world.container(name);
    if (container == nullptr) {
      answer.status = 1;
      answer.error += "Error: No such container: " + name + "\n";
      continue;
    }
    answer.text += shown(*container, format) + "\n";
  }
  return answer;
}

Answer do_run(World& world, const Arguments& arguments) {
  const std::string name = option(arguments, "--name");
  const Arguments words = positional(arguments, 1);
  if (world.container(name) != nullptr)
    return {125, {}, "docker: Error response from daemon: Conflict. The name is already in use.\n"};
  if (!world.state["networks"].contains(option(arguments, "--network")))
    return {125, {}, "docker: Error response from daemon: network not found\n"};
  json labels = json::object();
  for (const std::string& label : options(arguments, "--label"))
    labels[label.substr(0, label.find('='))] = label.substr(label.find('=') + 1);
  json environment = json::object();
  for (const std::string& entry : options(arguments, "-e")) {
    const size_t equals = entry.find('=');
    if (equals != std::string::npos) {
      environment[entry.substr(0, equals)] = entry.substr(equals + 1);
    } else if (const auto value = world.variable(entry)) {
      environment[entry] = *value;
    }
  }
  const int number = world.state["made"].get<int>() + 1;
  world.state["made"] = number;
  const bool exits = words.at(0) == "sha256:exits";
  const std::string policy = option(arguments, "--restart");
  const std::string id = "c" + std::to_string(1000 + number);
  world.state["containers"].push_back(
      {{"id", id},
       {"name", name},
       {"image", words.at(0)},
       {"labels", labels},
       {"state", !exits           ? "running"
                 : policy == "no" ? "exited"
                                  : "restarting"},
       {"exit_code", exits ? 3 : 0},
       {"policy", policy},
       {"networks", {{option(arguments, "--network"), options(arguments, "--network-alias")}}},
       {"environment", environment},
       {"ports", ports_text(options(arguments, "-p"))},
       {"command", Arguments(words.begin() + 1, words.end())}});
  world.event("run " + id + " " + name + " " + labels.value("segue.release", "-"));
  return {0, id + "\n"};
}

}  // namespace fake
