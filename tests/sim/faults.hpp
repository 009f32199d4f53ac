// What can happen to a deploy at any event.
//   world.at(17, fault_named("Ctrl-C").strike);
#pragma once
#include "world.hpp"

#include <string>
#include <vector>

namespace sim {

struct KindOfFault {
  std::string name;
  World::Fault strike;  // the shell is the one that was about to do something
  bool kills_client = false;
};

// One of every kind that the simulator knows.
const std::vector<KindOfFault>& kinds_of_faults();
const KindOfFault& fault_named(const std::string& name);

}  // namespace sim
