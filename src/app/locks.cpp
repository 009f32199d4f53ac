#include "audit_entry.hpp"
#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

using Answers = std::map<std::string, Result<HostFacts>>;

// Hosts that answered, also when another one did not.
std::map<std::string, HostFacts> those_known(const Answers& answers) {
  std::map<std::string, HostFacts> known;
  for (const auto& [host, answer] : answers)
    if (answer) known[host] = *answer;
  return known;
}

LockView view_of(const std::string& host, const Result<HostFacts>& facts, const OwnLocks& own,
                 const std::string& project) {
  LockView view;
  view.host = host;
  if (!facts) {
    view.error = facts.error();
    return view;
  }
  const Holding holding = holding_of(*facts, project, own);
  view.held = holding.held;
  view.generation = facts->lock.generation;
  if (!holding.held || !holding.is_known) return view;
  view.holder = holding.holder;
  view.owner = to_string(holding.owner);
  view.ours = !holding.over && own.has(project, holding.holder);
  view.seconds_left = holding.seconds_left;
  if (const auto manual = parse_holder(holding.holder.under)) view.under = describe(*manual);
  return view;
}

class Acquisition {
 public:
  Acquisition(App& app, const LockOptions& options, Project& project)
      : app_(app),
        options_(options),
        project_(project),
        hosts_(app, project),
        holder_(make_holder(kManualLock, "", options.message)),
        audit_(make_audit_entry(app, project, holder_, "lock acquire")) {
    audit_.status = "succeeded";
    holder_.ttl = options.ttl.count() / 10;
  }

  Result<> run() {
    const TimePoint deadline = hosts_.runner().now() + options_.timeout;
    // Kept before it is taken: a lock whose id is lost can only be released by force.
    TRY(OwnLocks(app_.files).add(project_.config.project, holder_.id));
    while (true) {
      auto locked = attempt();
      if (locked) return tell();
      if (locked.error().code != Code::lock_held || hosts_.runner().now() >= deadline)
        return forget(locked);
      if (const auto waited = hosts_.await_lock(deadline); !waited) return forget(waited);
    }
  }

 private:
  Result<> attempt() {
    Answers answers =
        hosts_.facts({.lock = holder_, .everywhere = true, .only_lock = true, .audit = audit_});
    const std::map<std::string, HostFacts> known = those_known(answers);
    auto all = all_or_error(app_, std::move(answers));
    if (!all) {
      hosts_.unlock(known);
      return tl::unexpected(all.error());
    }
    for (const auto& [host, facts] : *all) {
      const Holding holding = holding_of(facts, project_.config.project, hosts_.own_locks());
      if (holding.ours && !hosts_.generations().contains(host) && !options_.force) {
        hosts_.unlock(known);
        return fail(Code::usage,
                    fmt::format("the lock on {} is yours already, {}", host, describe(holding)),
                    "release it first: segue lock release");
      }
    }
    return hosts_.lock(*all, holder_, options_.force, audit_);
  }

  Result<> forget(const Result<>& error) {
    OwnLocks(app_.files).forget(project_.config.project, holder_.id);
    return error;
  }

  Result<> tell() {
    std::vector<std::string> names;
    for (const auto& [host, generation] : hosts_.generations()) names.push_back(host);
    const std::string until =
        options_.ttl.count() == 0 ? "until `segue lock release`" : "for " + to_string(options_.ttl);
    app_.reporter.value(
        "lock_acquired", {{"id", holder_.id}, {"hosts", join(names, ",")}},
        fmt::format("locked {} {}\ndeploys from here go on under it; those of other "
                    "machines with SEGUE_LOCK={}",
                    join(names, ", "), until, holder_.id));
    return {};
  }

  App& app_;
  const LockOptions& options_;
  Project& project_;
  Hosts hosts_;
  LockHolder holder_;
  AuditEntry audit_;
};

class Release {
 public:
  Release(App& app, Project& project, bool force)
      : app_(app),
        project_(project),
        force_(force),
        hosts_(app, project),
        audit_(make_audit_entry(app, project, make_holder("", "", ""), "lock release")) {
    audit_.status = "succeeded";
  }

  // Our own are released by the script that looks; what is left then needs a decision.
  Result<> run() {
    const OwnLocks& own = hosts_.own_locks();
    Hosts::Ask ask{std::nullopt, false, false, true};
    ask.release = own.ids(project_.config.project);
    ask.audit = audit_;
    TRY_ASSIGN(const auto facts, all_or_error(app_, hosts_.facts(ask)));
    std::map<std::string, Script> scripts;
    for (const auto& [host, known] : facts) {
      if (known.lock.holder && hosts_.released().contains(host)) released(host, *known.lock.holder);
      if (!known.lock.held) continue;
      const Holding holding = holding_of(known, project_.config.project, own);
      if (!holding.over && !holding.ours && !force_) return refuse(host, holding);
      const Layout layout{known.state_root, {project_.config.project, project_.config.environment}};
      AuditEntry entry = audit_;
      entry.took_over = describe(holding);
      scripts[host].sections = {release_lock(layout, known.lock.generation),
                                append_audit(layout, entry)};
      left_[host] = holding.holder;
    }
    TRY(finish(scripts));
    for (const std::string& id : over_) OwnLocks(app_.files).forget(project_.config.project, id);
    if (over_.empty()) app_.reporter.value("lock_released", {{"hosts", "0"}}, "no lock is held");
    return {};
  }

 private:
  Result<> refuse(const std::string& host, const Holding& holding) const {
    return fail(Code::lock_held, fmt::format("the lock on {} is {}", host, describe(holding)),
                holding.holder.kind == kManualLock
                    ? "if he agrees: segue lock release --force"
                    : "if you are sure that it is dead: segue lock release --force");
  }

  Result<> finish(const std::map<std::string, Script>& scripts) {
    TRY_ASSIGN(const auto ended, hosts_.run(scripts));
    for (const auto& [host, end] : ended) {
      const auto* exited = std::get_if<Exited>(&end.outcome);
      if (exited == nullptr || exited->status != 0)
        return fail(Code::failed, fmt::format("the lock on {} could not be released", host),
                    "try again; see `segue lock status`");
      released(host, left_.at(host));
    }
    return {};
  }

  void released(const std::string& host, const LockHolder& holder) {
    over_.insert(holder.id);
    app_.reporter.value("lock_released", {{"host", host}},
                        fmt::format("the lock on {} is released", host));
  }

  App& app_;
  Project& project_;
  bool force_;
  Hosts hosts_;
  AuditEntry audit_;
  std::map<std::string, LockHolder> left_;
  std::set<std::string> over_;  // ids
};

}  // namespace

ExitStatus lock_status(App& app, bool in_full) {
  auto project = open_project(app, {std::string("none")});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  std::vector<LockView> views;
  std::optional<Code> failure;
  for (const auto& [host, facts] : hosts.facts({.only_lock = true})) {
    views.push_back(view_of(host, facts, hosts.own_locks(), project->config.project));
    views.back().in_full = in_full;
    if (!facts) failure = facts.error().code;
  }
  app.reporter.lock(views);
  return failure ? exit_status_of(*failure) : ExitStatus::done;
}

ExitStatus lock_acquire(App& app, const LockOptions& options) {
  auto project = open_project(app, {std::string("none")});
  if (!project) return told(app, project.error());
  const auto acquired = Acquisition(app, options, *project).run();
  return acquired ? ExitStatus::done : told(app, acquired.error());
}

// Without --force: our own, and those whose owner is certainly dead. A living deploy would lose its
// fence.
ExitStatus lock_release(App& app, bool force) {
  auto project = open_project(app, {std::string("none")});
  if (!project) return told(app, project.error());
  const auto released = Release(app, *project, force).run();
  return released ? ExitStatus::done : told(app, released.error());
}

}  // namespace segue
