// Walks a plan: stage everywhere, roll batch after batch, record, clean up; and, when something
// fails, brings back by fresh facts what the policy says: everything, one service, or the hosts
// that failed. A state machine without I/O: the caller hands in what happened and the time, and
// does what comes out.
//   auto actions = rollout.step(now, {});
//   while (!rollout.finished()) { ...do the actions, collect events...; rollout.step(now, events);
//   }
#pragma once
#include "segue/config/config.hpp"
#include "segue/host/audit.hpp"
#include "segue/host/facts_probe.hpp"
#include "segue/plan/plan.hpp"
#include "segue/rollout/final_state.hpp"
#include "segue/rollout/fleet_progress.hpp"
#include "segue/rollout/recovery.hpp"
#include "segue/rollout/report.hpp"
#include "segue/script/outcome.hpp"
#include "segue/script/script.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace segue {

// --- what the rollout wants done
struct RunScript {
  std::string host;
  Script script;
};
struct ReadFacts {
  std::string host;
  bool end_scripts = false;  // a script of ours may still run there
};
struct Abandon {  // stop listening to what runs there
  std::string host;
};
using RolloutAction = std::variant<RunScript, ReadFacts, Abandon>;

// --- what happened
struct ScriptProgress {
  std::string host;
  ScriptEvent event;
};
struct ScriptEnded {
  std::string host;
  Outcome outcome;                   // Exited only when the trailer came
  std::vector<ScriptEvent> events;   // all of them, once more
  std::vector<std::string> outputs;  // per section
};
struct FactsArrived {
  std::string host;
  Result<HostFacts> facts;
};
struct Interrupted {
  int count = 1;  // how often the user asked
};
using RolloutEvent = std::variant<ScriptProgress, ScriptEnded, FactsArrived, Interrupted>;

struct RolloutOptions {
  const Config& config;
  std::map<std::string, HostFacts> facts;  // as planned from
  std::map<std::string, int> generations;  // of our lock, per host
  ReleaseRecord record;                    // who, when, why; statuses are filled in here
  // Per host, where this deploy goes on under a manual lock: the text of that one's file.
  std::map<std::string, std::string> manual_locks{};
  AuditEntry audit{};  // who, what and why; how it ended is filled in here
};

struct RolloutResult {
  enum class Ending {
    deployed,  // all of it; an error then says that not all was tidied up
    in_part,   // a policy left some of it; the states say where
    undone,    // everything is as before
    unclear,   // not everything could be brought back, or be looked at
  };
  Ending ending = Ending::deployed;
  std::optional<Error> error;  // absent: everything the plan said is done
  std::vector<FinalState> states;
  std::vector<std::string> warnings;
};

class Rollout {
 public:
  Rollout(Plan plan, RolloutOptions options);
  Rollout(const Rollout&) = delete;
  Rollout& operator=(const Rollout&) = delete;
  ~Rollout() = default;

  std::vector<RolloutAction> step(TimePoint now, const std::vector<RolloutEvent>& events);
  std::vector<Report> take_reports();
  bool finished() const { return phase_ == Phase::finished; }
  std::optional<TimePoint> wake_at() const;
  const RolloutResult& result() const { return result_; }
  // The record of how it ended, with the times that the caller fills in.
  ReleaseRecord& record() { return options_.record; }

 private:
  enum class Phase {
    ready,
    staging,
    releasing,  // `release` commands, one after the other
    rolling,    // a batch
    pausing,    // between two batches
    asking,     // the hosts where something of one service goes back
    returning,  // brings it back
    recording,  // that all has gone well, or what has
    cleaning,
    examining,  // all hosts, to bring everything back
    undoing,
    closing,  // records that, and gives the locks back
    finished
  };
  struct Running {
    std::vector<Step> steps;  // one per section; title and why
    std::string service;
    std::optional<size_t> roll;
    TimePoint began{};
    bool renews = false;  // nothing but the lease of a host that waits for its turn
  };

  void on(const ScriptProgress& progress);
  void on(const ScriptEnded& ended);
  void on(const FactsArrived& arrived);
  void on(const Interrupted& interrupted);

  void begin_staging();
  void begin_next_batch();
  void begin_batch();
  bool begin_command();
  void begin_rolling();
  void judge_batch();
  void begin_returning();
  void begin_ending();
  void begin_cleaning();
  void begin_undo(Error why);
  void examine(const std::string& host);
  void begin_undoing();
  void begin_closing();
  void finish();
  void finish_undone();
  Error why_it_failed() const;
  void give_up();

  void run(const std::string& host, Running running, ShellText way_back = {});
  void advance();
  bool is_busy() const;
  Result<> judge(const ScriptEnded& ended, const Running& running);
  Result<> judge_sections(const ScriptEnded& ended, const Running& running);
  bool goes_on_without_record(const ScriptEnded& ended, const Running& running, const Error& error);
  void succeed_script(const ScriptEnded& ended, const Running& running);
  void fail_script(const ScriptEnded& ended, const Running& running, Error error);
  void abandon_all();
  bool is_ours(const std::string& host) const;
  std::set<std::string> changed_hosts() const;  // that have something to be undone
  std::vector<Step> cleanup_steps(const std::string& host) const;
  Step record_step(const std::string& host);
  Step unlock_step(const std::string& host);
  AuditEntry audit_entry() const;
  void renew_leases();
  Layout layout(const std::string& host) const;
  void report(Report report) { reports_.push_back(std::move(report)); }
  void report_phase(std::string title, const std::string& service = {});
  void end_phase();
  void note(std::string text);

  const Plan plan_;
  RolloutOptions options_;
  FleetProgress progress_;
  RolloutResult result_;
  Phase phase_ = Phase::ready;
  TimePoint now_{};
  TimePoint phase_began_{};
  bool in_phase_ = false;  // the record's last phase is still going on
  std::optional<TimePoint> retry_at_;
  TimePoint pause_until_{};
  std::optional<FleetProgress::Batch> batch_;
  size_t commands_ = 0;                  // those that have run, or are not to
  std::vector<size_t> going_back_;       // rolls
  std::set<std::string> touched_;        // hosts whose containers we may have changed
  std::set<std::string> staged_;         // hosts whose routes we may have changed
  std::set<std::string> unsettled_;      // hosts where a script of ours may still run
  std::map<std::string, int> attempts_;  // to examine a host
  std::set<std::string> retry_;
  std::map<std::string, HostFacts> fresh_;
  std::map<std::string, Running> running_;
  std::set<std::string> examined_;      // hosts being asked for facts
  std::set<std::string> unreachable_;   // hosts that did not answer when they were asked last
  std::set<std::string> taken_over_;    // hosts whose lock is somebody else's now
  bool untidy_ = false;                 // a lock, a record or a retired container was left
  std::map<std::string, int> numbers_;  // of scripts, per host
  std::map<std::string, TimePoint> last_script_;
  std::vector<RolloutAction> actions_;
  std::vector<Report> reports_;
};

}  // namespace segue
