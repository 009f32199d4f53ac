// `rollout` and `services.NAME.rollout`: what a section does not name stays as it is in `rollout`.
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include "segue/config/rollout_config.hpp"

namespace segue {

RolloutConfig read_rollout(const MapReader& section, RolloutConfig rollout, Problems& problems);

}  // namespace segue
