// The container engine of one host, as commands to render and answers to parse. No I/O here.
// Everything that differs between engines and versions is asked of this type.
#pragma once
#include "segue/base/result.hpp"
#include "segue/engine/container_spec.hpp"
#include "segue/model/container_facts.hpp"
#include "segue/model/host_facts.hpp"
#include "segue/model/image_facts.hpp"
#include "segue/script/shell_text.hpp"

#include <string>
#include <vector>

namespace segue {

class Engine {
 public:
  // `path` is absolute: what the facts of the host said (rules A5).
  explicit Engine(std::string path, EngineKind kind = EngineKind::docker)
      : path_(std::move(path)), kind_(kind) {}
  explicit Engine(const HostFacts& facts);
  const std::string& path() const { return path_; }
  EngineKind kind() const { return kind_; }

  // Where slots have fixed addresses instead of names: the host's folder with one file per alias,
  // which holds its IP address. Empty where the engine's names can be relied on.
  const std::string& address_folder() const { return address_folder_; }
  bool fixed_addresses() const { return !address_folder_.empty(); }

  // One command line each, without a newline. Names go after `--` where the client takes it.
  ShellText run(const ContainerSpec& spec) const;
  ShellText rename(const std::string& from, const std::string& to) const;
  ShellText start(const std::vector<std::string>& names) const;
  ShellText stop(const std::vector<std::string>& names, Duration grace) const;
  ShellText remove(const std::vector<std::string>& names) const;  // also when running
  // Podman 4 can't change it: there the command does nothing (rules B9).
  ShellText set_restart_policy(const std::vector<std::string>& names,
                               const std::string& policy) const;
  // With an alias: under that name, or at its fixed address.
  ShellText connect(const std::string& network, const std::string& alias,
                    const std::string& container) const;
  ShellText command(const std::vector<std::string>& arguments) const;

  // Prints with which codes containers have ended of late, a line each; a `--filter` may follow.
  ShellText exit_codes() const;

  // The policy that a container has when the user wants `wanted`.
  std::string restart_policy(const std::string& wanted) const;

  // "nginx:1" -> "docker.io/library/nginx:1" where the engine has no registry of its own in mind.
  std::string pull_reference(const std::string& image) const;

  // What `inspect --format` is given: one line of JSON per container, our allow-list only.
  static std::string container_format();
  static std::string image_format(EngineKind kind = EngineKind::docker);

 private:
  std::string path_;
  EngineKind kind_;
  std::string address_folder_;
};

// Parsers of what the formats above make. Code::failed with the offending text when it is not so.
Result<ContainerFacts> parse_container(const std::string& line);
Result<ImageFacts> parse_image(const std::string& line);

// Podman leaves the algorithm out: with it, ids can be compared.
std::string whole_image_id(const std::string& id);

// "0.0.0.0:8080->80/tcp, :::8080->80/tcp" -> {8080 tcp}; ranges are spread out.
struct PublishedPort {
  int port = 0;
  std::string protocol;
  bool operator==(const PublishedPort&) const = default;
};
std::vector<PublishedPort> parse_published_ports(const std::string& text);

}  // namespace segue
