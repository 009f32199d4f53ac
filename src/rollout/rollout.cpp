#include "segue/rollout/rollout.hpp"

#include "segue/base/check.hpp"
#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"
#include "segue/host/problem.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

// How often, and how far apart, a host is asked again before it counts as lost during an undo.
constexpr int kExamineAttempts = 5;
constexpr Duration kExaminePause{2'000};

std::chrono::milliseconds since(TimePoint began, TimePoint now) {
  return std::chrono::duration_cast<Duration>(now - began);
}

std::string drained_text(const std::string& value) {
  const std::vector<std::string> words = split_words(value);
  if (words.size() < 2) return "nothing was in flight";
  if (words[0] == "0" && words[1] == "0") return "nothing was in flight";
  return fmt::format("{} in flight at the switch, {} still open and cut at drain_timeout", words[0],
                     words[1]);
}

}  // namespace

Rollout::Rollout(Plan plan, RolloutOptions options)
    : plan_(std::move(plan)), options_(std::move(options)) {}

std::vector<RolloutAction> Rollout::step(TimePoint now, const std::vector<RolloutEvent>& events) {
  now_ = now;
  if (phase_ == Phase::ready) begin_staging();
  for (const RolloutEvent& event : events) std::visit([this](const auto& e) { on(e); }, event);
  if (wake_at_ && now >= *wake_at_) {
    wake_at_.reset();
    for (const std::string& host : std::exchange(retry_, {})) examine(host);
  }
  advance();
  return std::exchange(actions_, {});
}

std::vector<Report> Rollout::take_reports() {
  return std::exchange(reports_, {});
}

// One place decides what comes after what: when nothing runs any more, the next phase begins.
void Rollout::advance() {
  while (running_.empty() && examined_.empty() && retry_.empty() && !finished()) {
    switch (phase_) {
      case Phase::staging:
      case Phase::rolling:
        begin_next_roll();
        break;
      case Phase::recording:
        begin_cleaning();
        break;
      case Phase::examining:
        begin_undoing();
        break;
      default:
        finish();
        break;
    }
  }
}

void Rollout::begin_staging() {
  phase_ = Phase::staging;
  if (plan_.stage.empty()) return;
  report(Report::Kind::phase, "",
         fmt::format("Prepare {}", counted(static_cast<long long>(plan_.stage.size()), "host")));
  for (const HostSteps& host : plan_.stage) run(host.host, "", host.steps);
}

void Rollout::begin_next_roll() {
  if (result_.error) return begin_undo(*result_.error);
  if (next_roll_ == plan_.rolls.size()) return begin_recording();
  phase_ = Phase::rolling;
  const Roll& roll = plan_.rolls[next_roll_];
  touched_.insert(roll.host);
  report(Report::Kind::phase, roll.host, fmt::format("Roll {} on {}", roll.service, roll.host));
  run(roll.host, roll.service, roll.steps, roll.way_back);
}

// The first record that says "succeeded" is the point of no return: only then are the former
// containers removed (rules B7). With one host both fit into one script.
void Rollout::begin_recording() {
  phase_ = Phase::recording;
  options_.record.status = ReleaseStatus::succeeded;
  if (plan_.hosts.size() < 2) return begin_cleaning();
  for (const std::string& host : plan_.hosts) run(host, "", {record_step(host)});
}

void Rollout::begin_cleaning() {
  phase_ = Phase::cleaning;
  for (const std::string& host : plan_.hosts) {
    std::vector<Step> steps;
    if (plan_.hosts.size() < 2) steps.push_back(record_step(host));
    for (const HostSteps& cleanup : plan_.cleanup)
      if (cleanup.host == host)
        steps.insert(steps.end(), cleanup.steps.begin(), cleanup.steps.end());
    steps.push_back(unlock_step(host));
    run(host, "", std::move(steps));
  }
}

void Rollout::begin_undo(Error why) {
  result_.error = std::move(why);
  phase_ = Phase::examining;
  options_.record.status = result_.error->code == Code::interrupted ? ReleaseStatus::interrupted
                                                                    : ReleaseStatus::rolled_back;
  if (!touched_.empty()) report(Report::Kind::phase, "", "Bring everything back");
  for (const std::string& host : touched_) examine(host);
  for (const std::string& host : unsettled_)
    if (!touched_.contains(host)) examine(host);
}

void Rollout::examine(const std::string& host) {
  examined_.insert(host);
  ++attempts_[host];
  actions_.emplace_back(ReadFacts{host, unsettled_.contains(host)});
}

void Rollout::begin_undoing() {
  phase_ = Phase::undoing;
  for (const std::string& host : plan_.hosts) {
    if (unreachable_.contains(host)) continue;
    std::vector<Step> steps;
    const auto facts = fresh_.find(host);
    if (facts != fresh_.end())
      steps = recover({options_.config, facts->second, plan_.release}).steps;
    if (!touched_.empty()) steps.push_back(record_step(host));
    steps.push_back(unlock_step(host));
    run(host, "", std::move(steps));
  }
}

void Rollout::finish() {
  phase_ = Phase::finished;
  const bool undone = result_.error.has_value();
  for (size_t i = 0; i < plan_.rolls.size(); ++i) {
    const Roll& roll = plan_.rolls[i];
    const bool lost = unreachable_.contains(roll.host) || not_undone_.contains(roll.host);
    FinalState state{roll.host, roll.service, FinalState::What::changed};
    if (undone) state.what = FinalState::What::as_before;
    // A host that was lost while it prepared still has its containers as they were.
    if (undone && lost && i <= next_roll_ && touched_.contains(roll.host))
      state.what = FinalState::What::unknown;
    result_.states.push_back(state);
  }
  for (const Unchanged& unchanged : plan_.unchanged)
    result_.states.push_back({unchanged.host, unchanged.service, FinalState::What::unchanged});
  if (!undone) {
    // Everything new serves; but a record, a lock or a retired container that stayed is a mess.
    if (!result_.warnings.empty())
      result_.error = Error{Code::partial,
                            "the new release serves, but not all was tidied up",
                            "settle the rest: segue recover",
                            {},
                            {}};
    return;
  }
  const bool incomplete = !not_undone_.empty() || !unreachable_.empty();
  if (!incomplete) {
    // It was unknown for a while, or a host was away for a while; now everything is as before.
    const bool was_unknown = result_.error->code == Code::lost;
    const bool was_away = result_.error->code == Code::unreachable && !touched_.empty();
    if (was_unknown || was_away) result_.error->code = Code::failed;
    return;
  }
  options_.record.status = ReleaseStatus::partial;
  result_.error->code = Code::partial;
  result_.error->hint = "see what is where with `segue status`; settle it with `segue recover`";
}

void Rollout::give_up() {
  for (const auto& [host, running] : running_) {
    actions_.emplace_back(Abandon{host});
    not_undone_.insert(host);
  }
  for (const std::string& host : touched_) not_undone_.insert(host);
  running_.clear();
  examined_.clear();
  retry_.clear();
  wake_at_.reset();
  finish();
}

void Rollout::run(const std::string& host, const std::string& service, std::vector<Step> steps,
                  ShellText way_back) {
  CHECK(!running_.contains(host), "one script of a rollout per host at a time");
  Script script;
  const std::string name = fmt::format("{}.{}", plan_.release, ++numbers_[host]);
  script.fence = Fence{layout(host).lock_folder(), options_.generations.at(host)};
  script.journal = Journal{layout(host).journal(), layout(host).spool(name), name};
  for (const Step& step : steps) script.sections.push_back(step.section);
  script.way_back = std::move(way_back);
  running_[host] = Running{std::move(steps), service, now_};
  actions_.emplace_back(RunScript{host, std::move(script)});
}

void Rollout::on(const ScriptProgress& progress) {
  const auto it = running_.find(progress.host);
  if (it == running_.end()) return;
  Running& running = it->second;
  const auto at = static_cast<size_t>(progress.event.section);
  const bool way_back = at >= running.steps.size();
  const std::string title = way_back ? "bring the old containers back" : running.steps[at].title;
  switch (progress.event.kind) {
    case ScriptEvent::Kind::began:
      running.began = now_;
      report(Report::Kind::began, progress.host, title, way_back ? "" : running.steps[at].why);
      break;
    case ScriptEvent::Kind::ended:
      if (progress.event.status == 0)
        report(Report::Kind::succeeded, progress.host, title, "", since(running.began, now_));
      break;
    case ScriptEvent::Kind::told:
      if (progress.event.key == "drained")
        report(Report::Kind::drained, progress.host, title, drained_text(progress.event.value));
      break;
  }
}

void Rollout::on(const ScriptEnded& ended) {
  const auto it = running_.find(ended.host);
  if (it == running_.end()) return;
  const Running running = std::move(it->second);
  running_.erase(it);
  const Result<> verdict = judge(ended, running);
  if (verdict) {
    if (phase_ == Phase::rolling) committed_.insert(next_roll_++);
    return;
  }
  if (goes_on_without_record(ended, running, verdict.error())) return;
  fail_script(ended, verdict.error());
}

// A record that can't be written, on a full disk, keeps neither the lock held nor containers
// around.
bool Rollout::goes_on_without_record(const ScriptEnded& ended, const Running& running,
                                     const Error& error) {
  if (phase_ != Phase::cleaning && phase_ != Phase::undoing) return false;
  const auto failed =
      std::find_if(ended.events.begin(), ended.events.end(), [](const ScriptEvent& event) {
        return event.kind == ScriptEvent::Kind::ended && event.status != 0;
      });
  if (failed == ended.events.end()) return false;
  const auto at = static_cast<size_t>(failed->section);
  if (at >= running.steps.size() || running.steps[at].section.name != "record") return false;
  result_.warnings.push_back(to_string(error));
  run(ended.host, running.service,
      {running.steps.begin() + static_cast<std::ptrdiff_t>(at) + 1, running.steps.end()});
  return true;
}

// A script succeeded when it said so itself, and in no other case.
Result<> Rollout::judge(const ScriptEnded& ended, const Running& running) {
  if (const auto* exited = std::get_if<Exited>(&ended.outcome); exited && exited->status == 0)
    return {};
  if (const auto* refused = std::get_if<NotStarted>(&ended.outcome))
    return tl::unexpected(Error(refused->error).in("on " + ended.host));
  if (const auto* lost = std::get_if<Lost>(&ended.outcome)) {
    unsettled_.insert(ended.host);
    return fail(Code::lost,
                fmt::format("the connection to {} was lost: {}", ended.host, lost->why));
  }
  if (const auto* signaled = std::get_if<Signaled>(&ended.outcome)) {
    unsettled_.insert(ended.host);
    return fail(Code::lost,
                fmt::format("the script on {} was killed (SIG{})", ended.host, signaled->name));
  }
  for (const ScriptEvent& event : ended.events) {
    if (event.kind != ScriptEvent::Kind::ended || event.status == 0) continue;
    const auto at = static_cast<size_t>(event.section);
    const std::string title = at < running.steps.size() ? running.steps[at].title : "way back";
    const std::string output = at < ended.outputs.size() ? ended.outputs[at] : "";
    Error error =
        told_problem(ended.events).value_or(Error{Code::failed, visible(trim(output)), {}, {}, {}});
    if (event.status == kFenceStatus)
      error = Error{Code::lock_held,
                    "the lock was taken over by somebody else",
                    "see `segue lock status`",
                    {},
                    {}};
    report(Report::Kind::failed, ended.host, title, error.what);
    if (!trim(output).empty()) report(Report::Kind::evidence, ended.host, title, output);
    return tl::unexpected(std::move(error).in(
        running.service.empty() ? "on " + ended.host : running.service + " on " + ended.host));
  }
  return fail(Code::failed, fmt::format("a script on {} failed without saying why", ended.host));
}

void Rollout::fail_script(const ScriptEnded& ended, Error error) {
  switch (phase_) {
    case Phase::staging:
    case Phase::rolling:
      // Another host may still be staging; the first failure is the one that is told.
      if (!result_.error) result_.error = std::move(error);
      if (phase_ == Phase::rolling) begin_undo(*result_.error);
      break;
    case Phase::recording:
    case Phase::cleaning:
      result_.warnings.push_back(to_string(error));
      break;
    default:
      not_undone_.insert(ended.host);
      result_.warnings.push_back(to_string(error));
      break;
  }
}

void Rollout::on(const FactsArrived& arrived) {
  examined_.erase(arrived.host);
  if (arrived.facts) {
    fresh_[arrived.host] = *arrived.facts;
    unsettled_.erase(arrived.host);
    return;
  }
  if (attempts_[arrived.host] < kExamineAttempts) {
    retry_.insert(arrived.host);
    wake_at_ = now_ + kExaminePause;
    return;
  }
  unreachable_.insert(arrived.host);
  result_.warnings.push_back(to_string(arrived.facts.error()));
}

void Rollout::on(const Interrupted& interrupted) {
  if (phase_ == Phase::staging || phase_ == Phase::rolling) {
    for (const auto& [host, running] : running_) {
      actions_.emplace_back(Abandon{host});
      unsettled_.insert(host);
    }
    running_.clear();
    begin_undo(Error{Code::interrupted, "interrupted", {}, {}, {}});
  } else if (interrupted.count > 1 && (phase_ == Phase::examining || phase_ == Phase::undoing)) {
    give_up();
  }
}

Step Rollout::record_step(const std::string& host) {
  return {"write the record of the release", "what is where stays known",
          write_record(layout(host), options_.record)};
}

Step Rollout::unlock_step(const std::string& host) {
  return {"release the lock", "", release_lock(layout(host), options_.generations.at(host))};
}

Layout Rollout::layout(const std::string& host) const {
  return {options_.facts.at(host).state_root, plan_.identity};
}

void Rollout::report(Report::Kind kind, const std::string& host, std::string title,
                     std::string detail, Duration took) {
  const auto it = running_.find(host);
  reports_.push_back({kind, host, it == running_.end() ? "" : it->second.service, std::move(title),
                      std::move(detail), took});
}

}  // namespace segue
