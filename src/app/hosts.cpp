#include "hosts.hpp"

#include "connection.hpp"
#include "contents.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"
#include "segue/host/problem.hpp"
#include "segue/plan/deploy_planner.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kBetweenSigns{500};    // of how much has been sent
constexpr Duration kLongestWait{60'000};  // of one turn of the loop; a signal ends it at once

// "taken 3" -> 3
std::optional<int> taken_generation(const std::vector<ScriptEvent>& events) {
  for (const ScriptEvent& event : events) {
    if (event.kind != ScriptEvent::Kind::told || event.key != "lock") continue;
    if (!event.value.starts_with("taken ")) return std::nullopt;
    return parse_number<int>(std::string_view(event.value).substr(6));
  }
  return std::nullopt;
}

Error held_error(const std::string& host, const Holding& holding) {
  const bool manual = holding.holder.kind == kManualLock;
  return Error{Code::lock_held,
               fmt::format("the lock on {} is {}", host, describe(holding)),
               manual ? "wait (--lock-timeout S), or ask him; a lock of yours from elsewhere is "
                        "named by SEGUE_LOCK"
                      : "wait for it to end (--lock-timeout S); if it is dead, release it: segue "
                        "lock release --force",
               {},
               {}};
}

// Taken so lately that its taker may still be about to find out that he has lost.
bool is_young(const HostFacts& facts, const Holding& holding) {
  constexpr long long kYoung = 300;  // hundredths of a second
  return facts.uptime - holding.holder.uptime < kYoung;
}

// The way back comes after the last section.
std::string name_of(const Script& script, int section) {
  const auto at = static_cast<size_t>(section);
  return at < script.sections.size() ? script.sections[at].name : "way back";
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

std::string shown(unsigned long long bytes) {
  return shown_byte_size(static_cast<long long>(bytes));
}

}  // namespace

Hosts::Hosts(App& app, Project& project)
    : app_(app),
      project_(project),
      transport_(connect_hosts(
          app, project.config, project.endpoints(),
          [this](const std::string& host, const std::string& way) { ways_[host].push_back(way); })),
      runner_(*transport_, project.secrets),
      own_(app.files) {}

FactsRequest Hosts::facts_request(const std::string& host) const {
  FactsRequest request;
  request.identity = {project_.config.project, project_.config.environment};
  request.engine = project_.config.engine ? to_string(*project_.config.engine) : "";
  request.images = images_on_host(project_.config, host);
  request.contents = contents_on_host(project_.config, host);
  request.kept = kept_on_host(project_.config, host);
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
    if (ask.everywhere || host == project_.hosts.front()) request.lock = ask.lock;
    request.end_scripts = ask.end_scripts;
    request.only_lock = ask.only_lock;
    request.recorded = ask.recorded;
    request.retention = ask.retention;
    request.release = ask.release;
    request.audit = ask.audit;
    if (request.lock) doubtful_[host] = asked_[host] = request.lock->id;
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
    learn(host, end);
    for (const ScriptEvent& event : end.events)
      if (event.key == "lock" && event.value == "released") released_.insert(host);
    answers.emplace(host, facts_from(host, requests[host], end, runner_.reader(host)));
  }
  return answers;
}

// Who was refused, or was heard to the end, has told whether we have his lock.
void Hosts::learn(const std::string& host, const ScriptEnded& end) {
  const auto generation = taken_generation(end.events);
  if (generation) generations_[host] = *generation;
  if (generation || std::holds_alternative<Exited>(end.outcome) ||
      std::holds_alternative<NotStarted>(end.outcome))
    doubtful_.erase(host);
}

// One turn of the loop, with a word about what takes long.
Happened Hosts::await(QuietWaits& waits, TimePoint deadline) {
  const TimePoint now = runner_.now();
  return runner_.wait(std::min({waits.tell(now), now + kLongestWait, deadline}));
}

Result<std::map<std::string, ScriptEnded>> Hosts::run(
    const std::map<std::string, Script>& scripts) {
  const int before = app_.signals.count();
  for (const auto& [host, script] : scripts) runner_.start(host, script);
  QuietWaits waits(app_.reporter);
  std::map<std::string, ScriptEnded> ended;
  while (!runner_.idle()) {
    Happened happened = await(waits);
    for (const ScriptProgress& progress : happened.progress)
      if (progress.event.kind == ScriptEvent::Kind::began)
        waits.begin(progress.host, name_of(scripts.at(progress.host), progress.event.section),
                    runner_.now());
    for (ScriptEnded& end : happened.ended) {
      waits.end(end.host);
      ended.emplace(end.host, std::move(end));
    }
    app_.signals.drain();
    if (app_.signals.count() == before) continue;
    for (const auto& [host, script] : scripts) runner_.abandon(host);
    return fail(Code::interrupted, "interrupted");
  }
  return ended;
}

Result<std::vector<ScriptEnded>> Hosts::send(std::map<std::string, std::vector<Sending>> rows) {
  const int before = app_.signals.count();
  std::map<std::string, Report> going_on;
  std::map<std::string, TimePoint> began;
  QuietWaits waits(app_.reporter);
  std::map<std::string, Sending> current;
  TimePoint next_signs = runner_.now();
  const auto start_next = [&](const std::string& host) {
    std::vector<Sending>& row = rows.at(host);
    if (row.empty()) return;
    const Sending& sending = current[host] = std::move(row.front());
    row.erase(row.begin());
    going_on[host] = {Report::Kind::began, host, "", sending.title, "", {}};
    app_.reporter.progress(going_on[host]);
    began[host] = runner_.now();
    waits.heard(going_on[host], began[host]);
    if (sending.fetched) next_signs = began[host];
    runner_.start(host, sending.script, watched(host, sending));
  };
  for (const auto& [host, row] : rows) start_next(host);
  std::vector<ScriptEnded> ended;
  while (!runner_.idle()) {
    next_signs = tell_fetched(current, next_signs);
    for (ScriptEnded& end : await(waits, next_signs).ended) {
      const auto* exited = std::get_if<Exited>(&end.outcome);
      const bool done = exited != nullptr && exited->status == 0;
      Report& report = going_on[end.host];
      const Sending sending = std::move(current.extract(end.host).mapped());
      if (sending.fetched)
        report.title += fmt::format(": {} came through the session", shown(sending.fetched()));
      if (sending.done) sending.done();
      report.kind = done ? Report::Kind::succeeded : Report::Kind::failed;
      report.took = std::chrono::duration_cast<Duration>(runner_.now() - began[end.host]);
      app_.reporter.progress(report);
      waits.heard(report, runner_.now());
      if (done) start_next(end.host);
      ended.push_back(std::move(end));
    }
    app_.signals.drain();
    if (app_.signals.count() == before) continue;
    for (const auto& [host, row] : rows) runner_.abandon(host);
    return fail(Code::interrupted, "interrupted");
  }
  return ended;
}

// When it has to be told again.
TimePoint Hosts::tell_fetched(const std::map<std::string, Sending>& current, TimePoint due) {
  const TimePoint now = runner_.now();
  if (now < due) return due;
  TimePoint next = TimePoint::max();
  for (const auto& [host, sending] : current) {
    if (!sending.fetched) continue;
    next = now + kBetweenSigns;
    const unsigned long long bytes = sending.fetched();
    if (bytes > 0)
      app_.reporter.progress({Report::Kind::sent, host, "", sending.title, shown(bytes), {}});
  }
  return next;
}

// Says now and then how much of it the host has taken.
DataReader Hosts::watched(const std::string& host, const Sending& sending) {
  if (!sending.data) return nullptr;
  DataReader data = sending.data();
  if (sending.size == 0) return data;
  return [this, host, data = std::move(data), title = sending.title, size = sending.size,
          sent = 0ULL, told = runner_.now()](size_t most) mutable {
    std::string piece = data(most);
    sent += piece.size();
    if (runner_.now() - told < kBetweenSigns) return piece;
    told = runner_.now();
    app_.reporter.progress({Report::Kind::sent,
                            host,
                            "",
                            title,
                            fmt::format("{} of {}", shown(sent), shown(size)),
                            {}});
    return piece;
  };
}

std::string Hosts::way_to(const std::string& host) const {
  const auto known = ways_.find(host);
  if (known != ways_.end()) return join(known->second, "; ");
  for (const Endpoint& endpoint : project_.endpoints()) {
    if (endpoint.name != host) continue;
    if (endpoint.local) return "none: it is this machine";
    return endpoint.transport == SshTransport::openssh ? "the system's: `ssh: transport` says so"
                                                       : "segue's own";
  }
  return "";
}

Layout Hosts::layout(const HostFacts& facts) const {
  return {facts.state_root, {project_.config.project, project_.config.environment}};
}

// Whoever has the first host wins: the others wait for a moment until those have given up who were
// faster elsewhere.
Result<> Hosts::lock(const std::map<std::string, HostFacts>& facts, const LockHolder& holder,
                     bool force, const std::optional<AuditEntry>& audit) {
  constexpr int kAttempts = 8;
  constexpr Duration kPause{250};
  std::map<std::string, HostFacts> known = facts;
  for (int attempt = 1;; ++attempt) {
    auto taken = take(known, holder, force, audit);
    if (taken && !taken->error) return {};
    const bool first = generations_.contains(project_.hosts.front());
    const bool again = taken && taken->race && first && attempt < kAttempts;
    Result<> result;
    if (!taken)
      result = tl::unexpected(taken.error());
    else if (!again && taken->error)
      result = tl::unexpected(taken->error.value_or(Error{}));
    else
      result = rest(kPause);
    if (!result) {
      unlock(facts);
      return result;
    }
    for (auto& [host, answer] : this->facts({.only_lock = true}))
      if (answer && known.contains(host)) known[host] = std::move(*answer);
  }
}

Result<Hosts::Attempt> Hosts::take(const std::map<std::string, HostFacts>& facts,
                                   const LockHolder& holder, bool force,
                                   const std::optional<AuditEntry>& audit) {
  std::map<std::string, Script> scripts;
  std::map<std::string, std::string> manual;
  for (const auto& [host, known] : facts) {
    if (generations_.contains(host)) continue;
    const Holding holding = holding_of(known, project_.config.project, own_);
    const bool free = !holding.held || holding.over || holding.ours;
    if (!free && !force) return Attempt{held_error(host, holding), is_young(known, holding)};
    LockHolder mine = holder;
    if (holding.ours && !force) mine.under = manual[host] = holding.manual;
    if (holding.held && !holding.ours) took_over_ = mine.took_over = describe(holding);
    if (holding.over)
      app_.reporter.note(
          fmt::format("{}: the lock was {}; its {}, it is taken over", host, describe(holding),
                      holding.owner == Owner::expired ? "lease is over" : "owner is dead"));
    if (!free)
      app_.reporter.note(
          fmt::format("{}: the lock was {}; it is taken by force", host, describe(holding)));
    std::optional<AuditEntry> entry = audit;
    if (entry) entry->took_over = mine.took_over;
    scripts[host].sections = {take_lock(layout(known), known.lock.generation, mine, entry)};
  }
  for (const auto& [host, script] : scripts) {
    // One that stands on a manual lock is left to whoever judges it: he puts that one back.
    if (!manual.contains(host)) doubtful_[host] = holder.id;
    asked_[host] = holder.id;
  }
  TRY_ASSIGN(const auto ended, run(scripts));
  Attempt attempt;
  for (const auto& [host, end] : ended) {
    learn(host, end);
    if (generations_.contains(host)) {
      if (manual.contains(host)) manual_[host] = manual[host];
      continue;
    }
    attempt.error = not_locked(host, facts.at(host).engine_kind, end);
    attempt.race = attempt.error->code == Code::lock_held;
  }
  return attempt;
}

void Hosts::unlock(const std::map<std::string, HostFacts>& facts,
                   const std::optional<AuditEntry>& audit) {
  // It told that the lock is ours, and then no more: where its files are is not known here.
  for (const auto& [host, generation] : generations_)
    if (!facts.contains(host) && asked_.contains(host)) doubtful_[host] = asked_.at(host);
  release_doubtful();
  std::map<std::string, Script> scripts;
  for (const auto& [host, generation] : generations_) {
    const auto known = facts.find(host);
    if (known == facts.end()) continue;
    const auto manual = manual_.find(host);
    if (audit) scripts[host].sections = {append_audit(layout(known->second), *audit)};
    scripts[host].sections.push_back(release_lock(layout(known->second), generation,
                                                  manual == manual_.end() ? "" : manual->second));
  }
  forget_locks();
  const auto ended = run(scripts);
  for (const auto& [host, script] : scripts) {
    const bool done = ended && std::holds_alternative<Exited>(ended->at(host).outcome);
    if (!done) app_.reporter.note(fmt::format("{}: the lock could not be released", host));
  }
}

void Hosts::release_doubtful() {
  std::map<std::string, Script> scripts;
  for (const auto& [host, id] : std::exchange(doubtful_, {})) {
    FactsRequest request = facts_request(host);
    request.only_lock = true;
    request.disown = id;
    scripts[host] = facts_script(request);
  }
  if (scripts.empty()) return;
  const auto ended = run(scripts);
  for (const auto& [host, script] : scripts) {
    const auto* exited = ended ? std::get_if<Exited>(&ended->at(host).outcome) : nullptr;
    if (exited == nullptr || exited->status != 0)
      app_.reporter.note(fmt::format(
          "{}: nobody has told whether the lock was taken; see `segue lock status`", host));
  }
}

Result<> Hosts::rest(Duration time) {
  const int before = app_.signals.count();
  const TimePoint end = runner_.now() + time;
  while (runner_.now() < end) {
    runner_.wait(end);
    app_.signals.drain();
    if (app_.signals.count() != before) return fail(Code::interrupted, "interrupted");
  }
  return {};
}

Result<> Hosts::await_lock(TimePoint deadline) {
  constexpr Duration kBetween{1'000};
  std::string shown;
  while (runner_.now() < deadline) {
    std::string in_the_way;
    TRY_ASSIGN(const auto known, all_or_error(app_, facts({.only_lock = true})));
    for (const auto& [host, told] : known) {
      const Holding holding = holding_of(told, project_.config.project, own_);
      if (holding.held && !holding.over && !holding.ours && in_the_way.empty())
        in_the_way = fmt::format("the lock on {} is {}", host, describe(holding));
    }
    if (in_the_way.empty()) return {};
    if (in_the_way != shown) app_.reporter.note("waiting: " + in_the_way);
    shown = in_the_way;
    TRY(rest(std::min(kBetween, std::chrono::duration_cast<Duration>(deadline - runner_.now()))));
  }
  return {};
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

}  // namespace segue
