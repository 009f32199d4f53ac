// A container's options as words of `run`, in the way of each engine.
//   option_flags({.milli_cpus = 500}, EngineKind::docker)  ->  {"--cpus", "0.5"}
#pragma once
#include "segue/model/container_options.hpp"
#include "segue/model/engine_kind.hpp"

#include <string>
#include <vector>

namespace segue {

std::vector<std::string> option_flags(const ContainerOptions& options, EngineKind engine);

}  // namespace segue
