// Everything `run` is told about a container. Made by the planner, rendered by the engine.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/model/container_options.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace segue {

// An address that outlives the containers which have it, one after another: Podman's way to find a
// slot (docs/podman.md). `name` is a slot's alias.
struct FixedAddress {
  std::string network;  // or another mode: "host"
  std::string name;
};

struct ContainerSpec {
  std::string name;
  std::string image_id;  // by id, so that a tag that moves meanwhile changes nothing
  std::map<std::string, std::string> labels;
  std::string network;
  std::vector<std::string> aliases;          // in that network
  std::vector<FixedAddress> addresses;       // in networks besides
  std::vector<std::string> published_ports;  // "127.0.0.1:8080:80/tcp"
  std::vector<std::string> volumes;          // "name:/path:ro"
  std::map<std::string, std::string> environment;
  std::vector<std::string> secrets;  // names; the values come from the client's environment
  std::map<std::string, std::string> secret_keys;  // of those kept by another text than their name
  std::vector<std::string> command;
  ContainerOptions options;
  std::vector<std::string> extra;  // further flags, one word each
  std::string restart = "no";
  Duration stop_timeout{10'000};
};

}  // namespace segue
