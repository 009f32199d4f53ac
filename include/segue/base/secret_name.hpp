// Names that a program takes for its own settings when they stand in its environment: a secret
// called PATH or DOCKER_HOST must not reach the engine's client, or the shell, that way (rules A7).
//   misleads_programs("LD_PRELOAD")  ->  true
#pragma once
#include <string_view>

namespace segue {

bool misleads_programs(std::string_view name);

}  // namespace segue
