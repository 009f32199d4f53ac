// The container engine of one host, as commands to render and answers to parse. No I/O here.
// Everything that differs between engines and versions is asked of this type.
#pragma once
#include "segue/base/result.hpp"
#include "segue/engine/container_spec.hpp"
#include "segue/model/container_facts.hpp"
#include "segue/model/image_facts.hpp"
#include "segue/script/shell_text.hpp"

#include <string>
#include <vector>

namespace segue {

class Engine {
 public:
  // `path` is absolute: what the facts of the host said (rules A5).
  explicit Engine(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }

  // One command line each, without a newline. Names go after `--` where the client takes it.
  ShellText run(const ContainerSpec& spec) const;
  ShellText rename(const std::string& from, const std::string& to) const;
  ShellText start(const std::vector<std::string>& names) const;
  ShellText stop(const std::vector<std::string>& names, Duration grace) const;
  ShellText remove(const std::vector<std::string>& names) const;  // also when running
  ShellText set_restart_policy(const std::vector<std::string>& names,
                               const std::string& policy) const;
  ShellText connect(const std::string& network, const std::string& alias,
                    const std::string& container) const;
  ShellText command(const std::vector<std::string>& arguments) const;

  // What `inspect --format` is given: one line of JSON per container, our allow-list only.
  static std::string container_format();
  static std::string image_format();

 private:
  std::string path_;
};

// Parsers of what the formats above make. Code::failed with the offending text when it is not so.
Result<ContainerFacts> parse_container(const std::string& line);
Result<ImageFacts> parse_image(const std::string& line);

// "0.0.0.0:8080->80/tcp, :::8080->80/tcp" -> {8080 tcp}; ranges are spread out.
struct PublishedPort {
  int port = 0;
  std::string protocol;
  bool operator==(const PublishedPort&) const = default;
};
std::vector<PublishedPort> parse_published_ports(const std::string& text);

}  // namespace segue
