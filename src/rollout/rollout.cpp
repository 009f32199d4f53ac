// The walk: what comes after what. What scripts tell is read in rollout_events.cpp.
#include "segue/rollout/rollout.hpp"

#include "segue/base/check.hpp"
#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"
#include "segue/proxy/proxy_sections.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr Duration kRenewEvery{120'000};  // a fraction of kLease

}  // namespace

Rollout::Rollout(Plan plan, RolloutOptions options)
    : plan_(std::move(plan)), options_(std::move(options)), progress_(plan_) {}

std::vector<RolloutAction> Rollout::step(TimePoint now, const std::vector<RolloutEvent>& events) {
  now_ = now;
  if (phase_ == Phase::ready) begin_staging();
  for (const RolloutEvent& event : events) std::visit([this](const auto& e) { on(e); }, event);
  if (retry_at_ && now >= *retry_at_) {
    retry_at_.reset();
    for (const std::string& host : std::exchange(retry_, {})) examine(host);
  }
  advance();
  renew_leases();
  return std::exchange(actions_, {});
}

// A script renews the lease of its host. Where none has run for a while, because other hosts are
// rolled first or a pause is long, one does nothing else.
void Rollout::renew_leases() {
  if (finished() || phase_ == Phase::closing || phase_ == Phase::cleaning) return;
  for (const std::string& host : plan_.hosts) {
    TimePoint& last = last_script_.try_emplace(host, now_).first->second;
    const bool busy = running_.contains(host) || examined_.contains(host) || retry_.contains(host);
    if (now_ - last < kRenewEvery || busy || !is_ours(host)) continue;
    Running renewal{{{"renew the lease", "", {"renew", ShellText(":")}}}, "", {}, {}, true};
    run(host, std::move(renewal));
  }
}

std::vector<Report> Rollout::take_reports() {
  return std::exchange(reports_, {});
}

std::optional<TimePoint> Rollout::wake_at() const {
  return phase_ == Phase::pausing ? pause_until_ : retry_at_;
}

bool Rollout::is_busy() const {
  return !running_.empty() || !examined_.empty() || !retry_.empty();
}

// One place decides what comes after what: when nothing runs any more, the next phase begins.
void Rollout::advance() {
  while (!is_busy() && !finished()) {
    switch (phase_) {
      case Phase::ready:
      case Phase::staging:
        result_.error ? begin_undo(*result_.error) : begin_next_batch();
        break;
      case Phase::releasing:
        result_.error ? begin_undo(*result_.error) : begin_batch();
        break;
      case Phase::rolling:
        judge_batch();
        break;
      case Phase::pausing:
        if (now_ < pause_until_) return;
        begin_rolling();
        break;
      case Phase::asking:
        begin_returning();
        break;
      case Phase::returning:
        begin_next_batch();
        break;
      case Phase::recording:
        begin_cleaning();
        break;
      case Phase::examining:
        begin_undoing();
        break;
      case Phase::undoing:
        begin_closing();
        break;
      case Phase::cleaning:
      case Phase::closing:
      case Phase::finished:
        finish();
        break;
    }
  }
}

std::set<std::string> Rollout::changed_hosts() const {
  std::set<std::string> hosts = touched_;
  hosts.insert(staged_.begin(), staged_.end());
  return hosts;
}

void Rollout::begin_staging() {
  phase_ = Phase::staging;
  if (plan_.stage.empty()) return;
  report_phase(
      fmt::format("Prepare {}", counted(static_cast<long long>(plan_.stage.size()), "host")));
  for (const HostSteps& host : plan_.stage) {
    if (host.set_routes()) staged_.insert(host.host);
    run(host.host, {host.steps, "", {}, {}});
  }
}

void Rollout::begin_next_batch() {
  batch_ = progress_.next();
  for (std::string& text : progress_.take_notes()) note(std::move(text));
  if (!batch_) return begin_ending();
  begin_batch();
}

void Rollout::begin_batch() {
  if (!batch_) return begin_ending();
  if (begin_command()) return;
  const Duration pause = batch_->service->policy.pause;
  if (batch_->number == 1 || pause.count() == 0) return begin_rolling();
  phase_ = Phase::pausing;
  pause_until_ = now_ + pause;
  report_phase(fmt::format("Pause {} before the next batch", to_string(pause)),
               batch_->service->service);
}

// One whose dependencies have gone back is not run: nor is its service rolled.
bool Rollout::begin_command() {
  if (!batch_) return false;
  const auto at = static_cast<size_t>(batch_->service - plan_.order.data());
  while (commands_ < plan_.commands.size() && plan_.commands[commands_].before <= at) {
    const ReleaseCommand& command = plan_.commands[commands_++];
    const auto serves = [&](const Roll& roll) {
      return std::ranges::count(command.needs, roll.service) == 0 ||
             progress_.is_done(roll.host, roll.service);
    };
    if (!std::ranges::all_of(plan_.rolls, serves)) continue;
    phase_ = Phase::releasing;
    report_phase(fmt::format("Run the release command of {} on {}", command.service, command.host),
                 command.service);
    if (is_ours(command.host)) {
      touched_.insert(command.host);
      run(command.host, {{command.step}, command.service, {}, {}});
    } else {
      result_.error = Error{Code::unreachable, command.host + " was lost before", {}, {}, {}};
    }
    return true;
  }
  return false;
}

void Rollout::begin_rolling() {
  if (!batch_) return begin_ending();
  phase_ = Phase::rolling;
  const FleetProgress::Batch batch = *batch_;
  const ServiceRollout& service = *batch.service;
  std::vector<std::string> hosts;
  for (const size_t roll : batch.rolls) hosts.push_back(plan_.rolls[roll].host);
  std::string title = fmt::format("Roll {} on {}", service.service, join(hosts, ", "));
  if (service.batches.size() > 1)
    title += fmt::format(" (batch {} of {})", batch.number, service.batches.size());
  report_phase(std::move(title), service.service);
  for (const size_t index : batch.rolls) {
    const Roll& roll = plan_.rolls[index];
    if (!is_ours(roll.host)) {
      progress_.failed(index, Error{Code::unreachable, roll.host + " was lost before", {}, {}, {}},
                       false);
      continue;
    }
    touched_.insert(roll.host);
    progress_.began(index);
    run(roll.host, {roll.steps, roll.service, index, {}}, roll.way_back);
  }
}

void Rollout::judge_batch() {
  if (!batch_) return begin_ending();
  FleetProgress::Verdict verdict = progress_.judge(*batch_);
  if (verdict.everything_goes_back) return begin_undo(why_it_failed());
  if (!verdict.note.empty()) note(std::move(verdict.note));
  going_back_ = std::move(verdict.going_back);
  if (going_back_.empty()) return begin_next_batch();
  phase_ = Phase::asking;
  attempts_.clear();
  fresh_.clear();
  for (const size_t roll : going_back_)
    if (!unreachable_.contains(plan_.rolls[roll].host)) examine(plan_.rolls[roll].host);
}

void Rollout::begin_returning() {
  phase_ = Phase::returning;
  for (const size_t index : going_back_) {
    const Roll& roll = plan_.rolls[index];
    const auto facts = fresh_.find(roll.host);
    if (facts == fresh_.end() || !is_ours(roll.host)) {
      progress_.lost(index);
      continue;
    }
    auto steps = recover({options_.config, facts->second, plan_.release, roll.service}).steps;
    if (steps.empty())
      progress_.returned(index);
    else
      run(roll.host, {std::move(steps), roll.service, index, {}});
  }
}

// The first record that says "succeeded" is the point of no return: only then are the former
// containers removed (rules B7). With one host both fit into one script. What a policy left done is
// recorded and tidied in the same way.
void Rollout::begin_ending() {
  const bool all = progress_.all_done();
  if (!all && progress_.as_before()) {
    result_.error = progress_.first_error();
    options_.record.status = ReleaseStatus::rolled_back;
    return begin_closing();
  }
  phase_ = Phase::recording;
  options_.record.status = all ? ReleaseStatus::succeeded : ReleaseStatus::partial;
  options_.record.services = progress_.services();
  if (plan_.hosts.size() < 2) return begin_cleaning();
  for (const std::string& host : plan_.hosts)
    if (is_ours(host)) run(host, {{record_step(host)}, "", {}, {}});
}

void Rollout::begin_cleaning() {
  phase_ = Phase::cleaning;
  for (const std::string& host : plan_.hosts) {
    if (!is_ours(host)) continue;
    std::vector<Step> steps;
    if (plan_.hosts.size() < 2) steps.push_back(record_step(host));
    for (Step& step : cleanup_steps(host)) steps.push_back(std::move(step));
    steps.push_back(unlock_step(host));
    run(host, {std::move(steps), "", {}, {}});
  }
}

// What has gone back has nothing to be tidied, and what belongs to the whole host waits until all
// of it is done.
std::vector<Step> Rollout::cleanup_steps(const std::string& host) const {
  std::vector<Step> steps;
  for (const HostSteps& cleanup : plan_.cleanup) {
    if (cleanup.host != host) continue;
    for (const Step& step : cleanup.steps)
      if (step.service.empty() ? progress_.all_done() : progress_.is_done(host, step.service))
        steps.push_back(step);
  }
  return steps;
}

void Rollout::begin_undo(Error why) {
  result_.error = std::move(why);
  phase_ = Phase::examining;
  options_.record.status = result_.error->code == Code::interrupted ? ReleaseStatus::interrupted
                                                                    : ReleaseStatus::rolled_back;
  if (!touched_.empty() || !staged_.empty()) report_phase("Bring everything back");
  attempts_.clear();
  unreachable_.clear();
  fresh_.clear();
  std::set<std::string> hosts = changed_hosts();
  hosts.insert(unsettled_.begin(), unsettled_.end());
  for (const std::string& host : hosts)
    if (!taken_over_.contains(host)) examine(host);
}

void Rollout::examine(const std::string& host) {
  examined_.insert(host);
  ++attempts_[host];
  actions_.emplace_back(ReadFacts{host, unsettled_.contains(host)});
}

void Rollout::begin_undoing() {
  phase_ = Phase::undoing;
  for (const std::string& host : changed_hosts()) {
    const auto facts = fresh_.find(host);
    if (facts == fresh_.end()) {
      progress_.lost(host);
      continue;
    }
    auto steps = recover({options_.config, facts->second, plan_.release}).steps;
    if (steps.empty())
      progress_.returned(host);
    else
      run(host, {std::move(steps), "", {}, {}});
  }
}

void Rollout::begin_closing() {
  phase_ = Phase::closing;
  if (progress_.any_unknown()) options_.record.status = ReleaseStatus::partial;
  options_.record.services = progress_.services();
  for (const std::string& host : plan_.hosts) {
    if (!is_ours(host)) continue;
    std::vector<Step> steps;
    if (!touched_.empty()) steps.push_back(record_step(host));
    steps.push_back(unlock_step(host));
    run(host, {std::move(steps), "", {}, {}});
  }
}

void Rollout::finish() {
  phase_ = Phase::finished;
  result_.states = progress_.states();
  if (result_.error) return finish_undone();
  if (progress_.all_done()) {
    // Everything new serves; but a record, a lock or a retired container that stayed is a mess.
    if (!result_.warnings.empty())
      result_.error = Error{Code::partial,
                            "the new release serves, but not all was tidied up",
                            "settle the rest: segue recover",
                            {},
                            {}};
    return;
  }
  result_.ending = RolloutResult::Ending::in_part;
  Error error = why_it_failed();
  error.code = Code::partial;
  error.hint = progress_.any_unknown() || !result_.warnings.empty()
                   ? "see what is where with `segue status`; settle it with `segue "
                     "recover`, then deploy again"
                   : "the next `segue deploy` goes on from here";
  result_.error = std::move(error);
}

Error Rollout::why_it_failed() const {
  return progress_.first_error().value_or(Error{Code::failed, "not all was done", {}, {}, {}});
}

void Rollout::finish_undone() {
  if (!result_.error) return;
  Error& error = *result_.error;
  if (!untidy_ && !progress_.any_unknown() && unreachable_.empty() && taken_over_.empty()) {
    result_.ending = RolloutResult::Ending::undone;
    // It was unknown for a while, or a host was away for a while; now everything is as before.
    const bool was_unknown = error.code == Code::lost;
    const bool was_away = error.code == Code::unreachable && !touched_.empty();
    if (was_unknown || was_away) error.code = Code::failed;
    return;
  }
  result_.ending = RolloutResult::Ending::unclear;
  options_.record.status = ReleaseStatus::partial;
  error.code = Code::partial;
  error.hint = "see what is where with `segue status`; settle it with `segue recover`";
}

void Rollout::give_up() {
  if (phase_ == Phase::examining)
    for (const std::string& host : touched_) progress_.lost(host);
  if (phase_ == Phase::undoing)
    for (const auto& [host, running] : running_) progress_.lost(host);
  untidy_ = true;
  abandon_all();
  finish();
}

void Rollout::abandon_all() {
  for (const auto& [host, running] : running_) {
    actions_.emplace_back(Abandon{host});
    unsettled_.insert(host);
  }
  for (const std::string& host : examined_) actions_.emplace_back(Abandon{host});
  running_.clear();
  examined_.clear();
  retry_.clear();
  retry_at_.reset();
}

// Whether a script of ours may be sent there: a lost one may still run, and a lock may be gone.
bool Rollout::is_ours(const std::string& host) const {
  return !unreachable_.contains(host) && !unsettled_.contains(host) && !taken_over_.contains(host);
}

void Rollout::run(const std::string& host, Running running, ShellText way_back) {
  CHECK(!running_.contains(host), "one script of a rollout per host at a time");
  Script script;
  const std::string name = fmt::format("{}.{}", plan_.release, ++numbers_[host]);
  script.fence = Fence{layout(host).lock_folder(), options_.generations.at(host)};
  script.journal = Journal{layout(host).journal(), layout(host).spool(name), name};
  for (const Step& step : running.steps) script.sections.push_back(step.section);
  script.way_back = std::move(way_back);
  running.began = last_script_[host] = now_;
  running_[host] = std::move(running);
  actions_.emplace_back(RunScript{host, std::move(script)});
}

Step Rollout::record_step(const std::string& host) {
  end_phase();
  Step step{"write the record of the release", "what is where stays known",
            write_record(layout(host), options_.record)};
  // From here on there is nothing to go back to.
  if (phase_ == Phase::recording || phase_ == Phase::cleaning) {
    ShellText body = forget_former_routes(layout(host).root, plan_.identity, plan_.release);
    body += step.section.body;
    step.section.body = std::move(body);
  }
  return step;
}

Step Rollout::unlock_step(const std::string& host) {
  const auto manual = options_.manual_locks.find(host);
  Section section = release_lock(layout(host), options_.generations.at(host),
                                 manual == options_.manual_locks.end() ? "" : manual->second);
  ShellText body(append_audit_text(layout(host), audit_entry()));
  body += section.body;
  section.body = std::move(body);
  return {"release the lock", "", std::move(section)};
}

AuditEntry Rollout::audit_entry() const {
  AuditEntry entry = options_.audit;
  entry.status = to_string(options_.record.status);
  entry.release = plan_.release;
  entry.duration_ms = options_.record.duration_ms;
  if (result_.error) entry.detail = result_.error->what;
  return entry;
}

Layout Rollout::layout(const std::string& host) const {
  return {options_.facts.at(host).state_root, plan_.identity};
}

void Rollout::report_phase(std::string title, const std::string& service) {
  end_phase();
  options_.record.phases.push_back({title, 0});
  phase_began_ = now_;
  in_phase_ = true;
  report({Report::Kind::phase, "", service, std::move(title), "", {}});
}

void Rollout::end_phase() {
  if (!in_phase_) return;
  in_phase_ = false;
  options_.record.phases.back().duration_ms =
      std::chrono::duration_cast<Duration>(now_ - phase_began_).count();
}

void Rollout::note(std::string text) {
  report({Report::Kind::note, "", "", std::move(text), "", {}});
}

}  // namespace segue
