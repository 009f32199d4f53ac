// Which containers of a service serve on a host, and which are something else. Decided by the
// commit point alone, the token or the live file, never by names (rules B4).
#pragma once
#include "segue/model/host_facts.hpp"
#include "segue/model/identity.hpp"
#include "segue/model/slot.hpp"

#include <string>
#include <vector>

namespace segue {

struct LiveSet {
  std::vector<ContainerFacts> live;    // ordered by replica
  std::vector<ContainerFacts> others;  // candidates or retired ones, whatever their state
  std::string release;                 // that created the live ones; empty: nothing is live
  Slot slot = Slot::blue;              // of the token; meaningless without a proxy
  long long clock = 0;                 // the host's, when it told all this
};

LiveSet find_live_set(const HostFacts& facts, const Identity& identity, const std::string& service);

int replica_of(const ContainerFacts& container);

// A word on why a live set is not as it should be ("exited with code 1", "1 of 2 replicas"), or
// empty when it is.
std::string what_is_wrong(const LiveSet& set, int replicas);

}  // namespace segue
