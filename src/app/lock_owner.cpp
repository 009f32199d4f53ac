#include "lock_owner.hpp"

#include "state_folder.hpp"

#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/random.hpp"
#include "segue/os/wall_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace segue {
namespace {

constexpr size_t kHolderIdBytes = 8;
constexpr size_t kLongestStateFile = size_t{1} << 16;
constexpr long long kHundredths = 100;

// One text per run of a CI system; its jobs may be on different machines.
std::string ci_run() {
  constexpr std::array<std::pair<const char*, const char*>, 5> kRuns{
      {{"GITHUB_RUN_ID", "GITHUB_REPOSITORY"},
       {"CI_PIPELINE_ID", "CI_PROJECT_URL"},
       {"BUILDKITE_BUILD_ID", "BUILDKITE_ORGANIZATION_SLUG"},
       {"CIRCLE_WORKFLOW_ID", "CIRCLE_PROJECT_REPONAME"},
       {"BUILD_TAG", "JENKINS_URL"}}};
  for (const auto& [run, where] : kRuns) {
    const auto id = environment_variable(run);
    if (id && !id->empty())
      return fmt::format("{} {} {}", run, environment_variable(where).value_or(""), *id);
  }
  return {};
}

std::string state_file(const std::string& project) {
  return state_folder() + "/locks/" + project;
}

// Of the holder alone. Dead only when all that identifies the process agrees; a doubt means
// "elsewhere" (rules B2).
Owner owner_of(const LockHolder& holder, const HostFacts& facts) {
  const bool lease = holder.kind != kManualLock || holder.ttl > 0;
  if (lease && holder.boot_id != facts.boot_id) return Owner::dead;
  const long long renewed = std::max(holder.uptime, facts.lock.renewed);
  if (holder.ttl > 0 && facts.uptime - renewed > holder.ttl) return Owner::expired;
  if (holder.owner_machine.empty() || holder.owner_machine != machine_id()) return Owner::elsewhere;
  if (holder.kind == kManualLock) return Owner::alive;
  if (holder.owner_boot_id != boot_id()) return Owner::dead;
  if (holder.owner_pid_namespace != pid_namespace()) return Owner::elsewhere;
  const auto start = process_start_time(holder.owner_pid);
  return start && std::to_string(*start) == holder.owner_start_time ? Owner::alive : Owner::dead;
}

bool is_over(Owner owner) {
  return owner == Owner::dead || owner == Owner::expired;
}

long long seconds_left(const LockHolder& holder, const HostFacts& facts) {
  if (holder.ttl == 0) return -1;
  const long long renewed = std::max(holder.uptime, facts.lock.renewed);
  return std::max(0LL, (holder.ttl - (facts.uptime - renewed)) / kHundredths);
}

}  // namespace

std::string new_lock_id() {
  return random_hex(kHolderIdBytes);
}

LockHolder make_holder(const std::string& kind, const std::string& who,
                       const std::string& message) {
  LockHolder holder;
  holder.id = new_lock_id();
  holder.kind = kind;
  holder.who = who.empty() ? user_name() + "@" + host_name() : who;
  holder.message = message;
  holder.since = utc_text(now_seconds());
  holder.ttl = kind == kManualLock ? 0 : kLease;
  holder.owner_machine = machine_id();
  holder.owner_boot_id = boot_id();
  holder.owner_pid_namespace = pid_namespace();
  holder.owner_pid = current_process_id();
  holder.owner_start_time = std::to_string(process_start_time(current_process_id()).value_or(0));
  holder.ci_run = ci_run();
  return holder;
}

std::vector<std::string> OwnLocks::ids(const std::string& project) const {
  std::vector<std::string> ids;
  const auto known = files_.read(state_file(project), kLongestStateFile);
  if (known) ids = split_words(*known);
  for (const std::string& id : split_words(environment_variable("SEGUE_LOCK").value_or("")))
    ids.push_back(id);
  return ids;
}

bool OwnLocks::has(const std::string& project, const LockHolder& holder) const {
  if (holder.kind != kManualLock) return false;
  const std::vector<std::string> known = ids(project);
  return std::find(known.begin(), known.end(), holder.id) != known.end() ||
         (!holder.ci_run.empty() && holder.ci_run == ci_run());
}

Result<> OwnLocks::add(const std::string& project, const std::string& id) {
  const std::string file = state_file(project);
  TRY(files_.make_directories(file.substr(0, file.rfind('/')), 0700));
  return files_.append(file, id + "\n", 0600);
}

// A file that can't be changed only remembers what is over.
void OwnLocks::forget(const std::string& project, const std::string& id) {
  const std::string file = state_file(project);
  const auto known = files_.read(file, kLongestStateFile);
  if (!known) return;
  std::string kept;
  for (const std::string& other : split_words(*known))
    if (other != id) kept += other + "\n";
  const auto done = kept.empty() ? files_.remove(file) : files_.write(file, kept, 0600);
  static_cast<void>(done);
}

std::string to_string(Owner owner) {
  switch (owner) {
    case Owner::alive:
      return "alive";
    case Owner::dead:
      return "dead";
    case Owner::expired:
      return "expired";
    case Owner::elsewhere:
      return "on another machine";
  }
  return "unknown";
}

Holding holding_of(const HostFacts& facts, const std::string& project, const OwnLocks& own) {
  Holding holding;
  const LockFacts& lock = facts.lock;
  holding.held = lock.held;
  if (!lock.held) return holding;
  holding.is_known = lock.holder.has_value();
  if (!lock.holder) return holding;
  holding.holder = *lock.holder;
  holding.owner = owner_of(holding.holder, facts);
  holding.seconds_left = seconds_left(holding.holder, facts);
  holding.over = is_over(holding.owner);
  if (!holding.over && holding.holder.kind == kManualLock) {
    holding.ours = own.has(project, holding.holder);
    holding.manual = lock.text;
  }
  const auto manual = parse_holder(holding.holder.under);
  if (!holding.over || !manual) return holding;
  // The deploy is gone; the manual lock that it went on under is not.
  HostFacts at_that_time = facts;
  at_that_time.lock.renewed = 0;
  const Owner owner = owner_of(*manual, at_that_time);
  if (is_over(owner)) return holding;
  holding.manual = holding.holder.under;
  holding.holder = *manual;
  holding.owner = owner;
  holding.seconds_left = seconds_left(*manual, at_that_time);
  holding.over = false;
  holding.ours = own.has(project, *manual);
  return holding;
}

std::string describe(const LockHolder& holder) {
  const std::string why = holder.message.empty() ? holder.kind : holder.message;
  return visible(fmt::format("held by {} since {}: {}", holder.who, holder.since, why));
}

std::string describe(const Holding& holding) {
  return holding.is_known ? describe(holding.holder) : "held by somebody";
}

}  // namespace segue
