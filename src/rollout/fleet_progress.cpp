#include "segue/rollout/fleet_progress.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

std::vector<size_t> rolls_of(const ServiceRollout& service) {
  std::vector<size_t> all;
  for (const auto& batch : service.batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

}  // namespace

FleetProgress::FleetProgress(const Plan& plan) : plan_(plan), entries_(plan.rolls.size()) {}

std::optional<FleetProgress::Batch> FleetProgress::next() {
  for (; service_ < plan_.order.size(); ++service_, batch_ = 0) {
    const ServiceRollout& service = plan_.order[service_];
    if (stopped_) close(service, "nothing more was started");
    if (stopped_ || is_closed(service.service)) continue;
    const std::string blocker = batch_ == 0 ? unmet(service) : "";
    if (!blocker.empty()) {
      close(service, fmt::format("{}, which it depends on, has failed", blocker));
      notes_.push_back(fmt::format("{} is not rolled: {}, which it depends on, has failed",
                                   service.service, blocker));
      continue;
    }
    if (batch_ == service.batches.size()) continue;
    const std::vector<size_t>& rolls = service.batches[batch_++];
    return Batch{&service, batch_, rolls};
  }
  return std::nullopt;
}

void FleetProgress::failed(size_t roll, Error error, bool began) {
  entries_[roll] = {State::failed, began, error.what};
  if (!first_error_) first_error_ = std::move(error);
}

FleetProgress::Verdict FleetProgress::judge(const Batch& batch) {
  Verdict verdict;
  std::vector<std::string> hosts;
  for (const size_t roll : batch.rolls) {
    if (entries_[roll].state != State::failed) continue;
    verdict.going_back.push_back(roll);
    hosts.push_back(plan_.rolls[roll].host);
  }
  if (verdict.going_back.empty()) return verdict;
  const ServiceRollout& service = *batch.service;
  const std::string failure = fmt::format("{} failed on {}", service.service, join(hosts, ", "));
  const size_t allowed = service.policy.max_failures;
  if (failures(service) <= allowed) {
    verdict.note = fmt::format("{}: it goes back there, and the deploy goes on (max_failures: {})",
                               failure, allowed);
    return verdict;
  }
  switch (service.policy.on_failure) {
    case OnFailure::rollback:
      verdict.everything_goes_back = true;
      break;
    case OnFailure::stop:
      stopped_ = true;
      verdict.note = failure + ": it goes back there; what is done stays, nothing more is started";
      break;
    case OnFailure::isolate:
      verdict.going_back = isolate(service);
      verdict.note = fmt::format("{}: {} goes back on all its hosts, the others go on", failure,
                                 service.service);
      break;
  }
  return verdict;
}

// What of it was done before goes back as well.
std::vector<size_t> FleetProgress::isolate(const ServiceRollout& service) {
  std::vector<size_t> going_back;
  for (const size_t roll : rolls_of(service)) {
    Entry& entry = entries_[roll];
    if (entry.state == State::done) entry.why = "it failed on another host";
    if (entry.state == State::done || entry.state == State::failed) going_back.push_back(roll);
  }
  close(service, "it failed on another host");
  return going_back;
}

// Those that failed and went back by themselves count as well.
size_t FleetProgress::failures(const ServiceRollout& service) const {
  const std::vector<size_t> rolls = rolls_of(service);
  return static_cast<size_t>(std::count_if(rolls.begin(), rolls.end(), [&](size_t roll) {
    const State state = entries_[roll].state;
    return state == State::failed || state == State::back || state == State::unknown;
  }));
}

// The dependency that is not met: one that failed, or that is not known to serve on every host.
std::string FleetProgress::unmet(const ServiceRollout& service) const {
  for (const std::string& name : service.depends_on) {
    if (is_closed(name)) return name;
    const ServiceRollout* dependency = rollout_of(name);
    if (dependency == nullptr) continue;  // it did not have to be rolled
    for (const size_t roll : rolls_of(*dependency)) {
      const bool serves_as_before =
          entries_[roll].state == State::back && plan_.rolls[roll].before.has_value();
      if (entries_[roll].state != State::done && !serves_as_before) return name;
    }
  }
  return {};
}

const ServiceRollout* FleetProgress::rollout_of(const std::string& service) const {
  const auto found =
      std::find_if(plan_.order.begin(), plan_.order.end(),
                   [&](const ServiceRollout& rollout) { return rollout.service == service; });
  return found == plan_.order.end() ? nullptr : &*found;
}

bool FleetProgress::is_closed(const std::string& service) const {
  return std::find(closed_.begin(), closed_.end(), service) != closed_.end();
}

void FleetProgress::close(const ServiceRollout& service, const std::string& why) {
  closed_.push_back(service.service);
  for (const size_t roll : rolls_of(service))
    if (entries_[roll].state == State::waiting) entries_[roll].why = why;
}

void FleetProgress::lost(size_t roll) {
  entries_[roll].state = entries_[roll].began ? State::unknown : State::back;
}

void FleetProgress::returned(const std::string& host) {
  for (size_t i = 0; i < entries_.size(); ++i)
    if (plan_.rolls[i].host == host && entries_[i].state != State::waiting) returned(i);
}

void FleetProgress::lost(const std::string& host) {
  for (size_t i = 0; i < entries_.size(); ++i)
    if (plan_.rolls[i].host == host && entries_[i].state != State::waiting) lost(i);
}

bool FleetProgress::is_done(const std::string& host, const std::string& service) const {
  for (size_t i = 0; i < entries_.size(); ++i)
    if (plan_.rolls[i].host == host && plan_.rolls[i].service == service)
      return entries_[i].state == State::done;
  return false;
}

bool FleetProgress::all_done() const {
  return std::all_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.state == State::done; });
}

bool FleetProgress::as_before() const {
  return std::none_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.state == State::done || entry.state == State::unknown;
  });
}

bool FleetProgress::any_unknown() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.state == State::unknown; });
}

std::vector<FinalState> FleetProgress::states() const {
  std::vector<FinalState> states;
  for (size_t i = 0; i < entries_.size(); ++i) {
    FinalState state{plan_.rolls[i].host, plan_.rolls[i].service, FinalState::What::unknown,
                     entries_[i].why};
    if (entries_[i].state == State::done) state.what = FinalState::What::changed;
    if (entries_[i].state == State::waiting || entries_[i].state == State::back)
      state.what = FinalState::What::as_before;
    states.push_back(std::move(state));
  }
  for (const Unchanged& unchanged : plan_.unchanged)
    states.push_back({unchanged.host, unchanged.service, FinalState::What::unchanged});
  return states;
}

std::vector<ServiceRecord> FleetProgress::services() const {
  std::vector<ServiceRecord> services;
  for (ServiceRecord service : plan_.record.services) {
    const auto roll = std::find_if(plan_.rolls.begin(), plan_.rolls.end(), [&](const Roll& each) {
      return each.host == service.host && each.service == service.service;
    });
    if (roll == plan_.rolls.end()) {
      if (service.state.empty()) service.state = "unchanged";
      services.push_back(std::move(service));
      continue;
    }
    const State state = entries_[static_cast<size_t>(roll - plan_.rolls.begin())].state;
    const auto& before = roll->before;
    if (state != State::done && state != State::unknown && !before) continue;
    if (state != State::done && before) service = *before;
    service.state = state == State::done      ? "changed"
                    : state == State::unknown ? "unknown"
                                              : "as_before";
    services.push_back(std::move(service));
  }
  return services;
}

}  // namespace segue
