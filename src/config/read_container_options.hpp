// The keys of a service that are options of its containers: `cpus`, `cap_add`, `logging`, ...
//   const ContainerOptions options = read_container_options(keys, problems);
// Wrong values are added to the problems at their place; types have been judged before.
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include "segue/config/service_config.hpp"

namespace segue {

ContainerOptions read_container_options(const MapReader& service, Problems& problems);

// What several keys of the service say together; `service` is read whole.
void check_container_options(const MapReader& keys, const ServiceConfig& service,
                             Problems& problems);

}  // namespace segue
