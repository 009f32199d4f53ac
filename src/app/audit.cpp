// `segue audit`: who did what, when, and with which result; the memories of all hosts put together.
#include "segue/host/audit.hpp"

#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/number.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace segue {
namespace {

constexpr Duration kBetweenLooks{2'000};

bool is_wanted(const AuditEntry& entry, const AuditOptions& options) {
  const auto as_exact_as = [&](const std::string& moment) {
    return std::string_view(entry.at).substr(0, moment.size());
  };
  return (options.action.empty() || entry.action == options.action) &&
         (options.status.empty() || entry.status == options.status) &&
         as_exact_as(options.since) >= options.since && as_exact_as(options.until) <= options.until;
}

class Auditor {
 public:
  Auditor(App& app, const AuditOptions& options, Project& project)
      : app_(app), options_(options), project_(project), hosts_(app, project) {}

  // What one host can't tell another may: all that is known is shown before that is an error.
  Result<> run() {
    for (auto& [host, facts] : hosts_.facts({.only_lock = true})) {
      if (facts)
        state_roots_[host] = facts->state_root;
      else
        errors_.push_back(facts.error());
    }
    TRY(look());
    show(options_.newest);
    for (const Error& error : errors_) app_.reporter.error(error);
    if (!errors_.empty() && (!options_.follow || state_roots_.empty()))
      return fail(errors_.front().code, "");
    while (options_.follow) {
      TRY(hosts_.rest(kBetweenLooks));
      TRY(look());
      show(0);
    }
    return {};
  }

 private:
  // Asks every host for what it remembers, unless that is as long as it was.
  Result<> look() {
    std::map<std::string, Script> scripts;
    for (const auto& [host, root] : state_roots_) {
      const Layout layout{root, {project_.config.project, project_.config.environment}};
      scripts[host].sections = {print_audit(layout, sizes_[host])};
    }
    TRY_ASSIGN(const auto ended, hosts_.run(scripts));
    for (const auto& [host, end] : ended) {
      const auto* exited = std::get_if<Exited>(&end.outcome);
      if (exited == nullptr || exited->status != 0) {
        errors_.push_back({Code::unreachable, "the connection was lost", "", {"on " + host}, {}});
        continue;
      }
      for (const ScriptEvent& event : end.events)
        if (event.key == "size") sizes_[host] = parse_number<long long>(event.value).value_or(0);
      read(host, end.outputs.at(0));
    }
    return {};
  }

  void read(const std::string& host, const std::string& text) {
    for (const std::string& line : split_lines(text)) {
      if (line.empty()) continue;
      const auto entry = parse_audit(line);
      if (!entry) {
        app_.reporter.note(fmt::format("{}: {}", host, entry.error().what));
        continue;
      }
      // One command may have ended otherwise on one host: then these are two lines.
      auto [view, is_new] = known_.try_emplace({entry->at, entry->id, entry->status});
      if (is_new) view->second = {known_.size(), {*entry, {}}};
      auto& hosts = view->second.view.hosts;
      if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
    }
  }

  void show(int newest) {
    std::vector<const Known*> found;
    for (const auto& [key, known] : known_)
      if (shown_.insert(key).second && is_wanted(known.view.entry, options_))
        found.push_back(&known);
    // Of what was done within a second, the order on the host is known all the same.
    std::sort(found.begin(), found.end(), [](const Known* a, const Known* b) {
      return std::tie(a->view.entry.at, a->number) < std::tie(b->view.entry.at, b->number);
    });
    std::vector<AuditView> views;
    for (const Known* known : found) views.push_back(known->view);
    if (newest > 0 && views.size() > static_cast<size_t>(newest))
      views.erase(views.begin(), views.end() - newest);
    app_.reporter.audit(views);
  }

  using Key = std::array<std::string, 3>;
  struct Known {
    size_t number = 0;  // in the order in which it was read
    AuditView view;
  };

  App& app_;
  const AuditOptions& options_;
  Project& project_;
  Hosts hosts_;
  std::map<std::string, std::string> state_roots_;  // of the hosts that answered
  std::map<std::string, long long> sizes_;          // of what they remember, in bytes
  std::map<Key, Known> known_;
  std::set<Key> shown_;
  std::vector<Error> errors_;
};

}  // namespace

ExitStatus audit(App& app, const AuditOptions& options) {
  auto project = open_project(app, {std::string("none")});
  if (!project) return told(app, project.error());
  const auto result = Auditor(app, options, *project).run();
  return result ? ExitStatus::done : told(app, result.error());
}

}  // namespace segue
