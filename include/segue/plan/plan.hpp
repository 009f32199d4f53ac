// What a deploy will do: inert, printable, without any secret's value. Made by make_plan from
// configuration and facts; walked by rollout. The lock is no part of it.
#pragma once
#include "segue/config/rollout_config.hpp"
#include "segue/host/record.hpp"
#include "segue/model/identity.hpp"
#include "segue/plan/service_fields.hpp"
#include "segue/script/section.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

// One thing done on a host. `title` says what, `why` the reason; both are for people.
struct Step {
  std::string title;
  std::string why;
  Section section;
  std::string service{};  // whose containers it concerns; empty: the host's
  std::string content{};  // the archive that its script is given to read; empty: none
  std::string image{};    // id of the image that its script is given to read; empty: none
};

enum class RollMode { start_first, stop_first };

// Replacing the containers of one service on one host: one script.
struct Roll {
  std::string host;
  std::string service;
  RollMode mode = RollMode::start_first;
  std::string mode_reason;
  bool first = false;  // nothing of this service ran here before
  std::vector<FieldChange> changes;
  std::string trouble;  // what was wrong with what runs, if anything (rules B11)
  std::vector<Step> steps;
  ShellText way_back;                // stop-first only: brings the old containers back (rules B8)
  std::vector<std::string> retired;  // names that the old containers have afterwards
  std::optional<ServiceRecord> before;  // what ran, as a record says it; absent: nothing did
};

// A `release` command: on one host, once, before the first of its service's containers is touched.
struct ReleaseCommand {
  std::string host;
  std::string service;
  size_t before = 0;               // the first entry of Plan::order that waits for it
  std::vector<std::string> needs;  // services rolled before, which it may ask something of
  Step step;
};

// The order in which a service is rolled: batches of hosts, one batch after another.
struct ServiceRollout {
  std::string service;
  std::vector<std::vector<size_t>> batches;  // of indices of Plan::rolls
  RolloutConfig policy;
  std::vector<std::string> depends_on;
};

struct HostSteps {
  std::string host;
  std::vector<Step> steps;

  bool set_routes() const;  // one of them changes the proxy's routes
};

// A service on a host where nothing has to be done.
struct Unchanged {
  std::string host;
  std::string service;
  std::string release;
};

struct Plan {
  Identity identity;
  std::string release;
  std::string file;                      // deploy.yml, as the user named it
  std::vector<std::string> hosts;        // all that take part, in the order of the configuration
  std::vector<HostSteps> stage;          // before any container is touched, on all hosts at once
  std::vector<Roll> rolls;               // by service, then by host
  std::vector<ReleaseCommand> commands;  // in the order in which they run
  std::vector<ServiceRollout> order;  // one service after another, each as often as it has batches
  std::vector<Unchanged> unchanged;
  std::vector<HostSteps> cleanup;  // after the last host has committed and recorded
  std::vector<std::string> notes;
  ReleaseRecord record;  // as it will be written when all went well

  bool empty() const;  // nothing to do
};

}  // namespace segue
