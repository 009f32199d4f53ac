// What has become of each roll of a plan, and by that what comes next: the next batch, or what the
// policy of a service that failed asks for. Bookkeeping only; Rollout does the work.
//   while (auto batch = progress.next()) {
//     ...roll them: progress.done(roll) or progress.failed(roll, ...)...
//     const FleetProgress::Verdict verdict = progress.judge(*batch);
//   }
#pragma once
#include "segue/base/error.hpp"
#include "segue/plan/plan.hpp"
#include "segue/rollout/final_state.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace segue {

class FleetProgress {
 public:
  // The plan outlives this.
  explicit FleetProgress(const Plan& plan);

  struct Batch {
    const ServiceRollout* service = nullptr;
    size_t number = 0;  // from 1
    std::vector<size_t> rolls;
  };
  // Nothing: everything that may be rolled has been.
  std::optional<Batch> next();

  void began(size_t roll) { entries_[roll] = {State::rolling, true, {}}; }
  void done(size_t roll) { entries_[roll].state = State::done; }
  // `began`: something of it may have been done on the host.
  void failed(size_t roll, Error error, bool began);

  struct Verdict {
    bool everything_goes_back = false;
    std::vector<size_t> going_back;  // else these only
    std::string note;                // for people: what the policy does now; empty: nothing failed
  };
  // After all rolls of a batch have ended.
  Verdict judge(const Batch& batch);

  void returned(size_t roll) { entries_[roll].state = State::back; }
  // It can't be said what runs there. A roll that never began has changed nothing.
  void lost(size_t roll);
  // The same for all rolls of a host; those that were never started stay as they are.
  void returned(const std::string& host);
  void lost(const std::string& host);

  bool is_done(const std::string& host, const std::string& service) const;
  bool all_done() const;
  bool as_before() const;  // nothing new serves, and nothing is unknown
  bool any_unknown() const;
  const std::optional<Error>& first_error() const { return first_error_; }
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

  std::vector<FinalState> states() const;
  // The services of a record, as they are now.
  std::vector<ServiceRecord> services() const;

 private:
  enum class State { waiting, rolling, done, failed, back, unknown };
  struct Entry {
    State state = State::waiting;
    bool began = false;
    std::string why;
  };
  std::vector<size_t> isolate(const ServiceRollout& service);
  size_t failures(const ServiceRollout& service) const;
  std::string unmet(const ServiceRollout& service) const;
  const ServiceRollout* rollout_of(const std::string& service) const;
  bool is_closed(const std::string& service) const;
  void close(const ServiceRollout& service, const std::string& why);

  const Plan& plan_;
  std::vector<Entry> entries_;  // by index of Plan::rolls
  size_t service_ = 0;          // of the next batch
  size_t batch_ = 0;
  bool stopped_ = false;
  std::vector<std::string> closed_;  // services that are not rolled (any more)
  std::vector<std::string> notes_;
  std::optional<Error> first_error_;
};

}  // namespace segue
