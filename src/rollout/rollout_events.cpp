// What has happened on the hosts: read, told to people, and judged.
#include "segue/base/text.hpp"
#include "segue/host/images.hpp"
#include "segue/host/problem.hpp"
#include "segue/proxy/certificates.hpp"
#include "segue/rollout/rollout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

// How often, and how far apart, a host is asked again before it counts as lost during an undo.
constexpr int kExamineAttempts = 5;
constexpr Duration kExaminePause{2'000};

std::string drained_text(const std::string& value) {
  const std::vector<std::string> words = split_words(value);
  if (words.size() < 2) return "nothing was in flight";
  if (words[0] == "0" && words[1] == "0") return "nothing was in flight";
  return fmt::format("{} in flight at the switch, {} still open and cut at drain_timeout", words[0],
                     words[1]);
}

}  // namespace

void Rollout::on(const ScriptProgress& progress) {
  const auto it = running_.find(progress.host);
  if (it == running_.end()) return;
  Running& running = it->second;
  if (running.renews) return;
  const auto at = static_cast<size_t>(progress.event.section);
  const bool way_back = at >= running.steps.size();
  Report told{Report::Kind::began,
              progress.host,
              running.service,
              way_back ? "bring the old containers back" : running.steps[at].title,
              "",
              {}};
  switch (progress.event.kind) {
    case ScriptEvent::Kind::began:
      running.began = now_;
      if (!way_back) told.detail = running.steps[at].why;
      report(std::move(told));
      break;
    case ScriptEvent::Kind::ended:
      if (progress.event.status != 0) break;
      told.kind = Report::Kind::succeeded;
      told.took = std::chrono::duration_cast<Duration>(now_ - running.began);
      report(std::move(told));
      break;
    case ScriptEvent::Kind::told:
      if (progress.event.key == "certificate") {
        told.kind = Report::Kind::note;
        told.title = progress.host + ": " + pending_text(progress.event.value);
        report(std::move(told));
        break;
      }
      if (progress.event.key == "image-kept") {
        told.kind = Report::Kind::note;
        told.title = progress.host + ": " + kept_image_text(progress.event.value);
        report(std::move(told));
        break;
      }
      if (progress.event.key != "drained") break;
      told.kind = Report::Kind::drained;
      told.detail = drained_text(progress.event.value);
      report(std::move(told));
      break;
  }
}

void Rollout::on(const ScriptEnded& ended) {
  const auto it = running_.find(ended.host);
  if (it == running_.end()) return;
  const Running running = std::move(it->second);
  running_.erase(it);
  last_script_[ended.host] = now_;
  // What a renewal missed, the next script of that host finds out.
  if (running.renews) return;
  const Result<> verdict = judge(ended, running);
  if (verdict) return succeed_script(ended, running);
  if (goes_on_without_record(ended, running, verdict.error())) return;
  fail_script(ended, running, verdict.error());
}

// A record that can't be written, on a full disk, keeps neither the lock held nor containers
// around.
bool Rollout::goes_on_without_record(const ScriptEnded& ended, const Running& running,
                                     const Error& error) {
  if (phase_ != Phase::cleaning && phase_ != Phase::closing) return false;
  const auto failed =
      std::find_if(ended.events.begin(), ended.events.end(), [](const ScriptEvent& event) {
        return event.kind == ScriptEvent::Kind::ended && event.status != 0;
      });
  if (failed == ended.events.end()) return false;
  const auto at = static_cast<size_t>(failed->section);
  if (at >= running.steps.size() || running.steps[at].section.name != "record") return false;
  result_.warnings.push_back(to_string(error));
  run(ended.host,
      {{running.steps.begin() + static_cast<std::ptrdiff_t>(at) + 1, running.steps.end()},
       running.service,
       {},
       {}});
  return true;
}

// A script succeeded when it said so itself, and in no other case.
Result<> Rollout::judge(const ScriptEnded& ended, const Running& running) {
  if (const auto* exited = std::get_if<Exited>(&ended.outcome)) {
    if (exited->status == 0) return {};
    return judge_sections(ended, running);
  }
  std::optional<Error> error;
  if (const auto* refused = std::get_if<NotStarted>(&ended.outcome)) {
    error = Error(refused->error).in("on " + ended.host);
  } else {
    unsettled_.insert(ended.host);
    const auto* lost = std::get_if<Lost>(&ended.outcome);
    const std::string what =
        lost != nullptr ? fmt::format("the connection to {} was lost: {}", ended.host, lost->why)
                        : fmt::format("the script on {} was killed (SIG{})", ended.host,
                                      std::get<Signaled>(ended.outcome).name);
    error = Error{Code::lost, what, {}, {}, {}};
  }
  report({Report::Kind::failed, ended.host, running.service, error->what, "", {}});
  return tl::unexpected(std::move(*error));
}

Result<> Rollout::judge_sections(const ScriptEnded& ended, const Running& running) {
  for (const ScriptEvent& event : ended.events) {
    if (event.kind != ScriptEvent::Kind::ended || event.status == 0) continue;
    const auto at = static_cast<size_t>(event.section);
    const bool way_back = at >= running.steps.size();
    const std::string title = way_back ? "way back" : running.steps[at].title;
    std::string service = running.service;
    if (service.empty() && !way_back) service = running.steps[at].service;
    const std::string output = at < ended.outputs.size() ? ended.outputs[at] : "";
    Error error = told_problem(ended.events, options_.facts.at(ended.host).engine_kind)
                      .value_or(Error{Code::failed, visible(trim(output)), {}, {}, {}});
    if (event.status == kFenceStatus) {
      taken_over_.insert(ended.host);
      error = Error{Code::lock_held,
                    "the lock was taken over by somebody else",
                    "see `segue lock status`",
                    {},
                    {}};
    }
    report({Report::Kind::failed, ended.host, service, title, error.what, {}});
    if (!trim(output).empty())
      report({Report::Kind::evidence, ended.host, service, title, output, {}});
    return tl::unexpected(
        std::move(error).in(service.empty() ? "on " + ended.host : service + " on " + ended.host));
  }
  return fail(Code::failed, fmt::format("a script on {} failed without saying why", ended.host));
}

void Rollout::succeed_script(const ScriptEnded& ended, const Running& running) {
  if (phase_ == Phase::rolling && running.roll) progress_.done(*running.roll);
  if (phase_ == Phase::releasing && !ended.outputs.empty() && !trim(ended.outputs.front()).empty())
    report({Report::Kind::evidence,
            ended.host,
            running.service,
            running.steps.front().title,
            ended.outputs.front(),
            {}});
  if (phase_ == Phase::returning && running.roll) progress_.returned(*running.roll);
  if (phase_ == Phase::undoing) progress_.returned(ended.host);
}

void Rollout::fail_script(const ScriptEnded& ended, const Running& running, Error error) {
  if (phase_ == Phase::rolling && running.roll) {
    const bool began = !std::holds_alternative<NotStarted>(ended.outcome);
    return progress_.failed(*running.roll, std::move(error), began);
  }
  const bool before_rolls = phase_ == Phase::staging || phase_ == Phase::releasing;
  if (before_rolls && !result_.error) {  // the first failure is the one that is told
    result_.error = std::move(error);
    return;
  }
  result_.warnings.push_back(to_string(error));
  if (phase_ == Phase::returning && running.roll) progress_.lost(*running.roll);
  if (phase_ == Phase::undoing) progress_.lost(ended.host);
  if (phase_ == Phase::undoing || phase_ == Phase::closing) untidy_ = true;
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
    retry_at_ = now_ + kExaminePause;
    return;
  }
  unreachable_.insert(arrived.host);
  result_.warnings.push_back(to_string(arrived.facts.error()));
}

// Until all is recorded, it brings everything back, whatever a policy says (rules B12).
void Rollout::on(const Interrupted& interrupted) {
  switch (phase_) {
    case Phase::staging:
    case Phase::releasing:
    case Phase::rolling:
    case Phase::pausing:
    case Phase::asking:
    case Phase::returning:
      abandon_all();
      begin_undo(Error{Code::interrupted, "interrupted", {}, {}, {}});
      break;
    case Phase::examining:
    case Phase::undoing:
    case Phase::closing:
      if (interrupted.count > 1) give_up();
      break;
    default:
      break;
  }
}

}  // namespace segue
