// How a deploy goes over the hosts of a service: how many at a time, and what the failure of one of
// them means. Plain data, from `rollout` and `services.NAME.rollout`.
//   parallel: "25%" on 10 hosts  ->  batch_size(10) == 2: rounded down, at least 1
#pragma once
#include "segue/base/duration.hpp"

#include <algorithm>
#include <cstddef>

namespace segue {

// rollback: all that this deploy has changed goes back, on all hosts. stop: what is done stays,
// nothing more is started. isolate: the service goes back alone, the others go on.
enum class OnFailure { rollback, stop, isolate };

struct RolloutConfig {
  size_t parallel = 1;      // hosts at a time, or per cent of the service's hosts
  bool is_percent = false;  // what `parallel` counts
  Duration pause{0};        // between two batches of a service
  size_t max_failures = 0;  // so many hosts of a service may fail before on_failure applies
  OnFailure on_failure = OnFailure::rollback;
  Duration bake{0};  // watched in traffic for so long, before the former containers leave

  // Of a service that runs on so many hosts.
  size_t batch_size(size_t hosts) const {
    return std::max<size_t>(1, is_percent ? hosts * parallel / 100 : parallel);
  }
};

}  // namespace segue
