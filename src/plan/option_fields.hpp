// A container's options in the two ways in which the plan keeps them: as fields that are compared
// and hashed, and as keys of deploy.yml in a release's record. What is not set is in neither, so
// that a newer segue sees no change in what an older one has deployed.
#pragma once
#include "segue/model/container_options.hpp"
#include "segue/plan/service_fields.hpp"

#include <nlohmann/json.hpp>

namespace segue {

void add_option_fields(const ContainerOptions& options, Fields& fields);

// Adds keys to the service's object.
void add_option_keys(const ContainerOptions& options, nlohmann::json& service);

}  // namespace segue
