#include "hosts.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"
#include "segue/host/problem.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/random.hpp"
#include "segue/os/wall_clock.hpp"
#include "segue/plan/deploy_planner.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kLongestWait{60'000};  // of one turn of the loop; a signal ends it at once
constexpr size_t kHolderIdBytes = 8;

// "taken 3" -> 3
std::optional<int> taken_generation(const std::vector<ScriptEvent>& events) {
  for (const ScriptEvent& event : events) {
    if (event.kind != ScriptEvent::Kind::told || event.key != "lock") continue;
    if (!event.value.starts_with("taken ")) return std::nullopt;
    return parse_number<int>(std::string_view(event.value).substr(6));
  }
  return std::nullopt;
}

Error held_error(const std::string& host, const LockFacts& lock) {
  const std::string who = lock.holder ? describe(*lock.holder) : "held by somebody";
  return Error{Code::lock_held,
               fmt::format("the lock on {} is {}", host, who),
               "wait for it to end; if it is dead, release it: segue lock release --force",
               {},
               {}};
}

Error not_locked(const std::string& host, EngineKind engine, const ScriptEnded& end) {
  if (const auto* refused = std::get_if<NotStarted>(&end.outcome))
    return Error(refused->error).in(host);
  if (auto problem = told_problem(end.events, engine)) return std::move(*problem).in(host);
  const auto* exited = std::get_if<Exited>(&end.outcome);
  if (exited != nullptr && exited->status == 0)
    return {Code::lock_held,
            fmt::format("somebody else has just taken the lock on {}", host),
            "wait for it to end: segue lock status",
            {},
            {}};
  return {Code::unreachable, "the lock could not be taken", "try again", {host}, {}};
}

}  // namespace

Hosts::Hosts(App& app, Project& project)
    : app_(app),
      project_(project),
      transport_(project.endpoints(), app.signals.wake_fd()),
      runner_(transport_, project.secrets) {}

FactsRequest Hosts::facts_request(const std::string& host) const {
  FactsRequest request;
  request.identity = {project_.config.project, project_.config.environment};
  request.engine = project_.config.engine ? to_string(*project_.config.engine) : "";
  request.images = images_on_host(project_.config, host);
  if (const auto known = image_ids_.find(host); known != image_ids_.end())
    request.image_ids = known->second;
  return request;
}

// The first host decides who gets the lock: of two deploys that begin at the same moment one wins
// there, instead of each winning on some host and both giving up. The others are asked meanwhile;
// lock() then takes theirs by the number that they told, which is another one by then if anybody
// has been there, so what they told is not outdated.
std::map<std::string, Result<HostFacts>> Hosts::facts(const Ask& ask) {
  if (ask.lock)
    for (const std::string& host : project_.hosts) runner_.prepare(host);
  std::map<std::string, Script> scripts;
  std::map<std::string, FactsRequest> requests;
  for (const std::string& host : project_.hosts) {
    FactsRequest& request = requests[host] = facts_request(host);
    if (host == project_.hosts.front()) request.lock = ask.lock;
    request.end_scripts = ask.end_scripts;
    scripts[host] = facts_script(request);
  }
  auto ended = run(scripts);
  std::map<std::string, Result<HostFacts>> answers;
  for (const std::string& host : project_.hosts) {
    if (!ended) {
      answers.emplace(host, tl::unexpected(ended.error()));
      continue;
    }
    const ScriptEnded& end = ended->at(host);
    if (const auto generation = taken_generation(end.events)) generations_[host] = *generation;
    answers.emplace(host, facts_from(host, requests[host], end, runner_.reader(host)));
  }
  return answers;
}

Result<std::map<std::string, ScriptEnded>> Hosts::run(
    const std::map<std::string, Script>& scripts) {
  const int before = app_.signals.count();
  for (const auto& [host, script] : scripts) runner_.start(host, script);
  std::map<std::string, ScriptEnded> ended;
  while (!runner_.idle()) {
    for (ScriptEnded& end : runner_.wait(Clock::now() + kLongestWait).ended)
      ended.emplace(end.host, std::move(end));
    app_.signals.drain();
    if (app_.signals.count() == before) continue;
    for (const auto& [host, script] : scripts) runner_.abandon(host);
    return fail(Code::interrupted, "interrupted");
  }
  return ended;
}

Result<> Hosts::lock(const std::map<std::string, HostFacts>& facts, const LockHolder& holder) {
  std::map<std::string, Script> scripts;
  for (const auto& [host, known] : facts) {
    if (generations_.contains(host)) continue;
    const LockFacts& lock = known.lock;
    const bool over =
        lock.held && lock.holder && owner_of(*lock.holder, known.boot_id) == Owner::dead;
    if (lock.held && !over) {
      unlock(facts);
      return tl::unexpected(held_error(host, lock));
    }
    if (over)
      app_.reporter.note(fmt::format("{}: the lock was {}; its owner is dead, it is taken over",
                                     host, describe(*lock.holder)));
    const Layout layout{known.state_root, {project_.config.project, project_.config.environment}};
    scripts[host].sections = {take_lock(layout, lock.generation, holder)};
  }
  TRY_ASSIGN(const auto ended, run(scripts));
  for (const auto& [host, end] : ended) {
    if (const auto generation = taken_generation(end.events)) {
      generations_[host] = *generation;
      continue;
    }
    unlock(facts);
    return tl::unexpected(not_locked(host, facts.at(host).engine_kind, end));
  }
  return {};
}

void Hosts::unlock(const std::map<std::string, HostFacts>& facts) {
  std::map<std::string, Script> scripts;
  for (const auto& [host, generation] : generations_) {
    const auto known = facts.find(host);
    if (known == facts.end()) continue;
    const Layout layout{known->second.state_root,
                        {project_.config.project, project_.config.environment}};
    scripts[host].sections = {release_lock(layout, generation)};
  }
  generations_.clear();
  const auto ended = run(scripts);
  for (const auto& [host, script] : scripts) {
    const bool done = ended && std::holds_alternative<Exited>(ended->at(host).outcome);
    if (!done) app_.reporter.note(fmt::format("{}: the lock could not be released", host));
  }
}

Result<std::map<std::string, HostFacts>> all_or_error(
    App& app, std::map<std::string, Result<HostFacts>> answers) {
  std::map<std::string, HostFacts> facts;
  std::vector<Error> errors;
  for (auto& [host, answer] : answers) {
    if (answer) {
      facts[host] = std::move(*answer);
    } else {
      errors.push_back(answer.error());
    }
  }
  if (errors.empty()) return facts;
  Code code = errors.front().code;
  if (code == Code::interrupted) return fail(code, "interrupted");
  for (const Error& error : errors) {
    app.reporter.error(error);
    if (error.code != Code::unreachable) code = error.code;
  }
  return fail(code, "");
}

Result<HostFacts> facts_from(const std::string& host, const FactsRequest& request,
                             const ScriptEnded& ended, const ScriptReader& reader) {
  if (const auto* refused = std::get_if<NotStarted>(&ended.outcome))
    return tl::unexpected(Error(refused->error).in(host));
  if (const auto* lost = std::get_if<Lost>(&ended.outcome))
    return tl::unexpected(
        Error{Code::unreachable, "the connection was lost: " + lost->why, {}, {}, {}}.in(host));
  if (const auto* killed = std::get_if<Signaled>(&ended.outcome))
    return tl::unexpected(
        Error{Code::unreachable, "the probe was killed (SIG" + killed->name + ")", {}, {}, {}}.in(
            host));
  auto facts = read_facts(host, request, reader, ended.events);
  if (!facts) return tl::unexpected(std::move(facts).error().in(host));
  return facts;
}

ExitStatus told(App& app, const Error& error) {
  if (!error.what.empty()) app.reporter.error(error);
  return exit_status_of(error.code);
}

LockHolder make_holder(const std::string& kind, const std::string& who,
                       const std::string& message) {
  LockHolder holder;
  holder.id = random_hex(kHolderIdBytes);
  holder.kind = kind;
  holder.who = who.empty() ? user_name() + "@" + host_name() : who;
  holder.message = message;
  holder.since = utc_text(now_seconds());
  holder.owner_machine = machine_id();
  holder.owner_boot_id = boot_id();
  holder.owner_pid_namespace = pid_namespace();
  holder.owner_pid = current_process_id();
  holder.owner_start_time = std::to_string(process_start_time(current_process_id()).value_or(0));
  return holder;
}

// Dead only when all that identifies the process agrees; a doubt means "elsewhere" (rules B2).
Owner owner_of(const LockHolder& holder, const std::string& host_boot_id) {
  if (holder.kind != "manual" && holder.boot_id != host_boot_id) return Owner::dead;
  if (holder.owner_machine.empty() || holder.owner_machine != machine_id()) return Owner::elsewhere;
  if (holder.kind == "manual") return Owner::alive;
  if (holder.owner_boot_id != boot_id()) return Owner::dead;
  if (holder.owner_pid_namespace != pid_namespace()) return Owner::elsewhere;
  const auto start = process_start_time(holder.owner_pid);
  return start && std::to_string(*start) == holder.owner_start_time ? Owner::alive : Owner::dead;
}

std::string to_string(Owner owner) {
  switch (owner) {
    case Owner::alive:
      return "alive";
    case Owner::dead:
      return "dead";
    case Owner::elsewhere:
      return "on another machine";
  }
  return "unknown";
}

std::string describe(const LockHolder& holder) {
  const std::string why = holder.message.empty() ? holder.kind : holder.message;
  return visible(fmt::format("held by {} since {}: {}", holder.who, holder.since, why));
}

}  // namespace segue
