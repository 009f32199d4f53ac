// The subcommands that change or list what the engine has.
#include "world.hpp"

#include "segue/engine/engine.hpp"

#include <algorithm>

namespace fake {
namespace {

json labels_of(const Arguments& arguments) {
  json labels = json::object();
  for (const std::string& label : options(arguments, "--label")) {
    const size_t equals = label.find('=');
    labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return labels;
}

Answer no_such(const std::string& name) {
  return {1, {}, "Error response from daemon: No such container: " + name + "\n"};
}

// Applies a change to each named container, as the engine does: on to the next after an error.
template <class Change>
Answer for_each_named(World& world, const Arguments& names, Change change) {
  Answer answer;
  for (const std::string& name : names) {
    json* container = world.container(name);
    if (container == nullptr) {
      answer.status = 1;
      answer.error += no_such(name).error;
      continue;
    }
    change(*container);
    answer.text += name + "\n";
  }
  return answer;
}

std::string id_of(const json& container) {
  return container["id"].get<std::string>();
}

Answer rename(World& world, const Arguments& names) {
  json* container = world.container(names.at(0));
  if (container == nullptr) return no_such(names.at(0));
  if (world.container(names.at(1)) != nullptr)
    return {1, {}, "Error response from daemon: Conflict. The name is already in use\n"};
  (*container)["name"] = names.at(1);
  return {};
}

Answer remove(World& world, const Arguments& names) {
  for (const std::string& name : names) {
    json& all = world.state["containers"];
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i]["name"] != name && all[i]["id"] != name) continue;
      world.event("rm " + id_of(all[i]));
      all.erase(i);
      break;
    }
  }
  return {};  // `rm -f` forgives what is not there
}

Answer start(World& world, const Arguments& names) {
  return for_each_named(world, names, [&](json& container) {
    if (container["state"] == "running") return;
    container["state"] = "running";
    world.event("start " + id_of(container));
  });
}

Answer stop(World& world, const Arguments& names) {
  return for_each_named(world, names, [&](json& container) {
    if (container["state"] != "running") return;
    container["state"] = "exited";
    world.event("stop " + id_of(container));
  });
}

Answer network(World& world, const Arguments& arguments) {
  json& networks = world.state["networks"];
  const std::string& verb = arguments.at(1);
  if (verb == "ls") {
    Answer answer;
    const bool ours = option(arguments, "--filter") == "label=segue.project";
    const std::string format = option(arguments, "--format");
    for (const auto& [name, value] : networks.items()) {
      if (ours && !value["labels"].contains("segue.project")) continue;
      answer.text += (format == "{{.Name}}" ? "" : "network|") + name;
      const bool labelled = format.find(".Label") != std::string::npos;
      for (const char* label : {"segue.state", "segue.salt"})
        if (labelled) answer.text += "|" + value["labels"].value(label, "");
      answer.text += "\n";
    }
    return answer;
  }
  const Arguments names = positional(arguments, 2);
  if (verb == "create") {
    if (networks.contains(names.at(0))) return {1, {}, "Error: network already exists\n"};
    networks[names.at(0)] = {{"labels", labels_of(arguments)}};
    return {};
  }
  if (!networks.contains(names.at(0))) return {1, {}, "Error: No such network\n"};
  if (verb == "inspect") {
    const std::string format = option(arguments, "--format");
    if (format == "x") return {0, "x\n"};
    const size_t quote = format.find('"') + 1;
    const std::string label = format.substr(quote, format.find('"', quote) - quote);
    return {0, networks[names.at(0)]["labels"].value(label, "") + "\n"};
  }
  if (verb != "connect") return unknown(world, arguments);
  json* container = world.container(names.at(1));
  if (container == nullptr) return no_such(names.at(1));
  if ((*container)["networks"].contains(names.at(0)))
    return {1, {}, "Error response from daemon: endpoint already exists in network\n"};
  (*container)["networks"][names.at(0)] = options(arguments, "--alias");
  return {};
}

Answer volume(World& world, const Arguments& arguments) {
  json& volumes = world.state["volumes"];
  if (arguments.at(1) == "create") {
    volumes[positional(arguments, 2).at(0)] = labels_of(arguments);
    return {};
  }
  if (arguments.at(1) != "ls") return unknown(world, arguments);
  Answer answer;
  for (const auto& [name, labels] : volumes.items())
    answer.text += "volume|" + name + "|" + labels.value("segue.project", "") + "|" +
                   labels.value("segue.environment", "") + "\n";
  return answer;
}

Answer tags(World& world, const std::string& id) {
  Answer answer;
  for (const auto& [name, value] : world.state["images"].items())
    if (value["id"] == id) answer.text += name + " ";
  if (answer.text.empty()) return {1, {}, "Error: No such image: " + id + "\n"};
  answer.text += "\n";
  return answer;
}

// As an engine does it: by its id while nothing uses it, by a name whatever uses it.
Answer remove_image(World& world, const std::string& reference) {
  json& images = world.state["images"];
  if (images.erase(reference) > 0) return {};
  for (const json& container : world.state["containers"])
    if (container["image"] == reference)
      return {1, {}, "Error response from daemon: conflict: a container is using it\n"};
  for (auto it = images.begin(); it != images.end(); ++it) {
    if ((*it)["id"] != reference) continue;
    images.erase(it);
    return {};
  }
  return {1, {}, "Error: No such image: " + reference + "\n"};
}

// Like the engine it shows what it has, and complains of each that it has not.
Answer image(World& world, const Arguments& arguments) {
  if (arguments.at(1) == "ls") return {};
  const std::string named = positional(arguments, 2).at(0);
  if (arguments.at(1) == "rm") return remove_image(world, named);
  if (option(arguments, "--format") == "{{range .RepoTags}}{{.}} {{end}}")
    return tags(world, named);
  if (option(arguments, "--format") != segue::Engine::image_format())
    return unknown(world, arguments);
  Answer answer;
  for (const std::string& reference : positional(arguments, 2)) {
    const auto& images = world.state["images"].items();
    const auto found = std::find_if(images.begin(), images.end(), [&](const auto& image) {
      return image.key() == reference || image.value()["id"] == reference;
    });
    if (found == images.end()) {
      answer.status = 1;
      answer.error += "Error: No such image: " + reference + "\n";
      continue;
    }
    answer.text += json{{"id", found.value()["id"]},
                        {"digests", json::array()},
                        {"architecture", "amd64"},
                        {"config", {{"Healthcheck", nullptr}}}}
                       .dump() +
                   "\n";
  }
  return answer;
}

Answer pull(World& world, const Arguments& arguments) {
  const std::string reference = positional(arguments, 2).at(0);
  if (!world.state["registry"].contains(reference)) return {1, {}, "Error: manifest unknown\n"};
  world.state["images"][reference] = world.state["registry"][reference];
  return {0, reference + "\n"};
}

}  // namespace

Answer do_command(World& world, const Arguments& arguments) {
  const std::string verb = arguments.empty() ? "" : arguments[0];
  const Arguments names = positional(arguments, 1);
  if (verb == "info") return {0, "24.0.7|x86_64|ENGINE-ID|/\n"};
  if (verb == "network") return network(world, arguments);
  if (verb == "volume") return volume(world, arguments);
  if (verb == "image") return image(world, arguments);
  if (verb == "pull") return pull(world, arguments);
  if (verb == "run") return do_run(world, arguments);
  if (verb == "ps" || verb == "inspect") return do_inspect(world, arguments);
  if (verb == "exec") return do_exec(world, arguments);
  if (verb == "rename") return rename(world, names);
  if (verb == "rm") return remove(world, names);
  if (verb == "start") return start(world, names);
  if (verb == "stop") return stop(world, names);
  if (verb == "events") return {0, "137\n"};
  if (verb == "logs") return {0, "the log of " + names.at(0) + "\n"};
  if (verb == "update") {
    const std::string policy = option(arguments, "--restart");
    return for_each_named(world, names, [&](json& container) { container["policy"] = policy; });
  }
  return unknown(world, arguments);
}

}  // namespace fake
