// Those options of a container that are amounts, devices and limits.
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include "segue/model/container_options.hpp"

namespace segue {

// `cpus`, `memory`, `shm_size`, `gpus`, `devices`, `ulimits`, `tmpfs`.
void read_resources(const MapReader& service, ContainerOptions& options, Problems& problems);

}  // namespace segue
