// The container in which a `release` command runs: as one of the service's own, but with no ports,
// no place behind the proxy and another command. It stays, ended, until its deploy has: so a deploy
// that comes after one that died knows what has been run (docs/release.md).
#pragma once
#include "segue/plan/plan.hpp"
#include "segue/plan/service_containers.hpp"

#include <string>
#include <vector>

namespace segue {

std::string release_container_name(const Identity& identity, const std::string& service);

// Runs it to its end; what it printed is the section's output.
Step run_release_command(const ContainerRequest& request);

// One that has run this command of this image to a good end, for a deploy that did not end.
const ContainerFacts* finished_command(const HostFacts& facts, const ContainerRequest& request);

Step remove_release_containers(const Engine& engine, const std::vector<std::string>& names);

}  // namespace segue
