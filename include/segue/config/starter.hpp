// The deploy.yml that `segue init` writes: short, commented, and loading without errors.
//   starter_deploy_yml({"shop", "web", "ghcr.io/acme/shop:1.0", "203.0.113.7", 3000,
//   "shop.example.com", "podman"})
#pragma once
#include <string>

namespace segue {

struct StarterRequest {
  std::string project = "my-app";
  std::string service = "web";
  std::string image = "nginx:1.27";
  std::string host = "localhost";
  int app_port = 80;
  std::string domain;  // empty: every host name
  std::string engine;  // "docker", "podman"; empty: what the host has
};

std::string starter_deploy_yml(const StarterRequest& request);

}  // namespace segue
