// What a host or its engine can't give to the containers of a service: found on the facts, before
// anything is changed. docs/containers.md lists the differences of engines.
//   check_options(facts, web)  ->  "web may use 8 processors, but this host has 2"
#pragma once
#include "segue/base/error.hpp"
#include "segue/config/service_config.hpp"
#include "segue/model/host_facts.hpp"

#include <vector>

namespace segue {

std::vector<Error> check_options(const HostFacts& facts, const ServiceConfig& service);

}  // namespace segue
