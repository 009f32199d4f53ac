// An engine whose host was never deployed to: images of two versions that work and one that never
// gets healthy, and one container of somebody else's, which nobody may touch.
#pragma once
#include "world.hpp"

#include <string>

namespace fake {

json first_state(const std::string& root);  // where segue keeps its state on that host

}  // namespace fake
