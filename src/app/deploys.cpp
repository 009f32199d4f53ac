#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/host/history.hpp"

namespace segue {
namespace {

DeploysView view_of(const KnownRelease& release, const History& history) {
  DeploysView view{release.record, {}, {}, release.missing, &release == history.live()};
  for (const auto& [host, status] : release.hosts) {
    view.hosts.push_back(host);
    if (status != release.record.status) view.disagree[host] = to_string(status);
  }
  return view;
}

Result<History> ask_for_history(App& app) {
  TRY_ASSIGN(Project project, open_project(app, {std::string("none")}));
  Hosts hosts(app, project);
  TRY_ASSIGN(const auto facts, all_or_error(app, hosts.facts({})));
  History history = read_history(facts);
  for (const std::string& record : history.unreadable)
    app.reporter.note("a record can't be read: " + record);
  return history;
}

}  // namespace

// History comes from the hosts' own records; where they disagree, that is shown and not resolved.
ExitStatus deploys_list(App& app) {
  const auto history = ask_for_history(app);
  if (!history) return told(app, history.error());
  std::vector<DeploysView> views;
  for (const KnownRelease& release : history->releases) views.push_back(view_of(release, *history));
  app.reporter.deploys(views);
  return ExitStatus::done;
}

ExitStatus deploys_show(App& app, const std::string& name) {
  const auto history = ask_for_history(app);
  if (!history) return told(app, history.error());
  if (history->releases.empty())
    return told(app, {Code::usage, "nothing has been deployed yet", "", {}, {}});
  std::string id = history->releases.front().record.id;
  if (!name.empty()) {
    const auto record = find_release(*history, name);
    if (!record) return told(app, record.error());
    id = record->id;
  }
  for (const KnownRelease& release : history->releases)
    if (release.record.id == id) app.reporter.release(view_of(release, *history));
  return ExitStatus::done;
}

}  // namespace segue
