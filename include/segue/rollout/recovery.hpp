// From the facts of a host to what brings it to rest: the one code path for a failed gate, Ctrl-C,
// a crash and a take-over (rules B5, B6). Pure.
#pragma once
#include "segue/config/config.hpp"
#include "segue/model/host_facts.hpp"
#include "segue/plan/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

struct RecoveryRequest {
  const Config& config;
  const HostFacts& facts;
  // The release that is being undone, by its own client: its containers go, what was before comes
  // back. Without: a dead deploy is settled, forward or back, by which set passes its gate.
  std::optional<std::string> unwind;
  std::string service{};  // only this one; empty: all of the project's
};

struct Recovery {
  std::string host;
  std::vector<std::string> findings;  // "web: the candidate of 3-v2-aa11 was left behind"
  std::vector<Step> steps;            // one per service; empty: the host is at rest
};

Recovery recover(const RecoveryRequest& request);

}  // namespace segue
