// Walks a plan: stage everywhere, roll one host after another, record, clean up; and, when
// something fails, brings everything back by fresh facts. A state machine without I/O: the caller
// hands in what happened and the time, and does what comes out.
//   auto actions = rollout.step(now, {});
//   while (!rollout.finished()) { ...do the actions, collect events...; rollout.step(now, events);
//   }
#pragma once
#include "segue/config/config.hpp"
#include "segue/host/facts_probe.hpp"
#include "segue/plan/plan.hpp"
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
};

// Where a service ended up on a host, for the summary. Never a guess: what is not known says so.
struct FinalState {
  enum class What { changed, unchanged, as_before, unknown };
  std::string host;
  std::string service;
  What what = What::unchanged;
};

struct RolloutResult {
  std::optional<Error> error;  // absent: everything the plan said is done
  std::vector<FinalState> states;
  std::vector<std::string> warnings;
};

class Rollout {
 public:
  Rollout(Plan plan, RolloutOptions options);

  std::vector<RolloutAction> step(TimePoint now, const std::vector<RolloutEvent>& events);
  std::vector<Report> take_reports();
  bool finished() const { return phase_ == Phase::finished; }
  std::optional<TimePoint> wake_at() const { return wake_at_; }
  const RolloutResult& result() const { return result_; }
  // The record of how it ended, with the times that the caller fills in.
  ReleaseRecord& record() { return options_.record; }

 private:
  enum class Phase { ready, staging, rolling, recording, cleaning, examining, undoing, finished };
  struct Running {
    std::vector<Step> steps;  // one per section; title and why
    std::string service;
    TimePoint began{};
  };

  void on(const ScriptProgress& progress);
  void on(const ScriptEnded& ended);
  void on(const FactsArrived& arrived);
  void on(const Interrupted& interrupted);

  void begin_staging();
  void begin_next_roll();
  void begin_recording();
  void begin_cleaning();
  void begin_undo(Error why);
  void examine(const std::string& host);
  void begin_undoing();
  void finish();
  void give_up();

  void run(const std::string& host, const std::string& service, std::vector<Step> steps,
           ShellText way_back = {});
  void advance();
  Result<> judge(const ScriptEnded& ended, const Running& running);
  bool goes_on_without_record(const ScriptEnded& ended, const Running& running, const Error& error);
  void fail_script(const ScriptEnded& ended, Error error);
  Step record_step(const std::string& host);
  Step unlock_step(const std::string& host);
  Layout layout(const std::string& host) const;
  void report(Report::Kind kind, const std::string& host, std::string title,
              std::string detail = {}, Duration took = {});

  Plan plan_;
  RolloutOptions options_;
  RolloutResult result_;
  Phase phase_ = Phase::ready;
  TimePoint now_{};
  std::optional<TimePoint> wake_at_;
  size_t next_roll_ = 0;
  std::set<size_t> committed_;           // rolls whose script succeeded
  std::set<std::string> touched_;        // hosts whose containers we may have changed
  std::set<std::string> unsettled_;      // hosts where a script of ours may still run
  std::map<std::string, int> attempts_;  // to examine a host
  std::set<std::string> retry_;
  std::map<std::string, HostFacts> fresh_;
  std::map<std::string, Running> running_;
  std::set<std::string> examined_;  // hosts being asked for facts
  std::set<std::string> unreachable_;
  std::set<std::string> not_undone_;
  std::map<std::string, int> numbers_;  // of scripts, per host
  std::vector<RolloutAction> actions_;
  std::vector<Report> reports_;
};

}  // namespace segue
