// The walk of a deploy, from the question to the summary; a rollback walks the same way. The order
// is that of rules B3: with a question, probe, plan, ask, then lock and probe in one go and
// compare; with -y, lock and probe at once.
//   auto view = Deployment(app, request, project, hosts).run();
#pragma once
#include "hosts.hpp"
#include "project.hpp"

#include "segue/app/app.hpp"
#include "segue/plan/deploy_planner.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segue {

struct DeploymentRequest {
  std::string kind = "deploy";  // of what the lock is for
  std::string version;          // of the release's id; of a rollback: that of the chosen release
  bool yes = false;
  std::string initiator;  // empty: user@machine
  std::string message;
  // When all is checked and agreed to, before anything is changed; an error ends the deploy there.
  std::function<Result<>(const std::string& release)> before_changes = nullptr;
  Duration lock_timeout{0};  // how long to wait for who holds the lock
  // Of a rollback: the release to go back to; empty: the one before.
  std::optional<std::string> back_to = std::nullopt;
};

class Deployment {
 public:
  Deployment(App& app, const DeploymentRequest& request, Project& project, Hosts& hosts);

  // No lock of ours is left, whatever comes out, but on a host that was lost while it was asked
  // for one: there it is a dead owner's.
  Result<DeployView> run();

 private:
  Result<DeployView> guarded();
  Result<> ask_first();
  Result<> show_and_ask(const Plan& plan, const std::string& question);
  Result<> examine(const std::optional<LockHolder>& lock);
  Result<> choose_release();
  Result<> examine_and_lock();
  Result<> settle_leftovers();
  Result<> check();
  Result<> check_restorable();
  Result<> send_images(const Plan& plan);
  Result<> pull(const Plan& plan);
  Result<> send_contents(const Plan& plan);
  std::optional<Error> why_not(const ScriptEnded& end, const std::string& doing) const;
  bool can_be_mounted(const ServiceConfig& service, const HostFacts& facts,
                      const std::string& release);
  std::optional<Error> learn_images(const std::string& host, const ScriptEnded& end);
  Result<DeployView> roll_out(Plan plan);
  void drive(Rollout& rollout);
  void act(const RolloutAction& action, std::map<std::string, FactsRequest>& asked);
  RolloutEvent arrived(const ScriptEnded& ended, std::map<std::string, FactsRequest>& asked);
  PlanRequest plan_request() const;
  Plan make() const { return make_plan(plan_request()); }
  int sequence() const;
  std::string release_id() const;
  TimePoint now() const { return hosts_.runner().now(); }
  void end_phase(const std::string& title);
  AuditEntry audit_entry() const;  // without how it ended

  App& app_;
  const DeploymentRequest& request_;
  Project& project_;
  Hosts& hosts_;
  Origins origins_;
  LockHolder holder_;
  std::string new_salt_;
  std::string tail_;
  std::map<std::string, HostFacts> facts_;
  std::optional<ReleaseRecord> restores_;  // of a rollback, once it is chosen
  int newest_sequence_ = 0;                // when it was chosen
  std::string shown_;
  TimePoint began_;
  TimePoint phase_began_;
  std::vector<PhaseRecord> phases_;  // before the rollout, which adds its own
  bool nothing_to_do_ = false;
  bool settled_ = false;  // what an earlier deploy had left
  int times_interrupted_ = 0;
};

// Shows how it ended; the exit status is that of the command.
ExitStatus show_deployed(App& app, const Result<DeployView>& view);

}  // namespace segue
