// The steps of a host when the deploy has succeeded everywhere and is recorded: what was kept for
// an undo goes. Private to the planner.
#pragma once
#include "segue/plan/deploy_planner.hpp"
#include "segue/plan/retention.hpp"
#include "segue/plan/service_containers.hpp"

#include <string>
#include <utility>
#include <vector>

namespace segue {

class CleanupBuilder {
 public:
  // `services` are those of this host that take part.
  CleanupBuilder(const PlanRequest& request, const HostFacts& facts,
                 std::vector<const ServiceConfig*> services, const std::vector<Roll>& rolls)
      : request_(request),
        facts_(facts),
        services_(std::move(services)),
        rolls_(rolls),
        engine_(facts) {}

  // Without a retention no image leaves.
  HostSteps build(const Retention* retention) const;

 private:
  // Of services that lose their proxy by this very deploy.
  Step remove_lost_routes() const;
  // While an undo was possible, routes were also those of the former containers and names.
  Step settle_routes() const;
  // The proxy has asked for them since its routes were set; by now they are there, as a rule.
  Step see_obtained() const;
  Step remove_contents_left() const;
  Step let_go_of_old_images(const Retention& retention) const;
  const Roll* roll_of(const std::string& service) const;

  const PlanRequest& request_;
  const HostFacts& facts_;
  std::vector<const ServiceConfig*> services_;
  const std::vector<Roll>& rolls_;
  Engine engine_;
};

}  // namespace segue
