#include "segue/config/starter.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr const char* kStarter =
    R"(# What segue deploys, and where. `segue config validate` checks this file, `segue plan` shows
# what a deploy would do, `segue deploy` does it. All keys: docs/configuration.md

# Part of the name of everything on a host.
project: {project}

# The hosts, by names of your choice. `localhost` is this machine, without SSH.
servers:
  server-1:
    host: {host}

# How to reach them; what is not said here comes from ~/.ssh/config.
# ssh:
#   user: deploy
#   port: 22

{builder}
# For the containers of all services. The values of secrets stand in .env, which is not committed.
# environment:
#   clear:
#     TZ: UTC
#   secrets:
#     - DATABASE_PASSWORD

# The host ports of the proxy.
# proxy:
#   http_port: 80
#   https_port: 443

services:
  {service}:
    # ${{VERSION}} in it stands for what `segue deploy --version` names.
    image: {image}
    hosts:
      - server-1
    # replicas: 2
    # volumes:
    #   - data:/var/lib/data
    proxy:
      # The port on which the application listens in its container.
      app_port: {app_port}
)";

constexpr const char* kEngine =
    R"(# What runs the containers; without it Docker where it answers, else Podman.
builder:
  engine: {engine}
)";

constexpr const char* kAnyEngine =
    R"(# What runs the containers; without this Docker where it answers, else Podman.
# builder:
#   engine: podman
)";

constexpr const char* kTail =
    R"(      # A new container gets traffic only after this has answered 2xx. Without it: the image's own
      # HEALTHCHECK, else five seconds without a restart.
      # healthcheck:
      #   path: /up
)";

// In quotes, so that no text that a person typed can mean anything else to YAML or to segue.
std::string quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string scalar(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:@-${}";
  const bool plain = !text.empty() && text.find_first_not_of(kPlain) == std::string::npos &&
                     text.find_first_of("-:@${}", 0) != 0 && text.back() != ':';
  return plain ? text : quoted(text);
}

}  // namespace

std::string starter_deploy_yml(const StarterRequest& request) {
  std::string text = fmt::format(
      fmt::runtime(kStarter), fmt::arg("project", scalar(request.project)),
      fmt::arg("builder", request.engine.empty()
                              ? kAnyEngine
                              : fmt::format(fmt::runtime(kEngine),
                                            fmt::arg("engine", scalar(request.engine)))),
      fmt::arg("host", scalar(request.host)), fmt::arg("service", scalar(request.service)),
      fmt::arg("image", scalar(request.image)), fmt::arg("app_port", request.app_port));
  if (request.domain.empty())
    text +=
        "      # Without a host name it serves every one that no other service has.\n"
        "      # host: shop.example.com\n";
  else
    text += fmt::format("      host: {}\n", scalar(request.domain));
  return text + kTail;
}

}  // namespace segue
