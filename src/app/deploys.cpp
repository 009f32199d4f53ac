#include "hosts.hpp"

#include "segue/app/app.hpp"

#include <algorithm>

namespace segue {

// History comes from the hosts' own records; where they disagree, that is shown and not resolved.
ExitStatus deploys_list(App& app) {
  auto project = open_project(app, {std::string("none"), false});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  const auto facts = all_or_error(app, hosts.facts({}));
  if (!facts) return told(app, facts.error());
  std::map<std::string, DeploysView> releases;
  for (const auto& [host, known] : *facts) {
    for (const auto& [id, text] : known.records) {
      const auto record = parse_record(text);
      if (!record) {
        app.reporter.note(host + ": the record of " + id + " can't be read");
        continue;
      }
      DeploysView& view = releases[id];
      if (view.hosts.empty()) view.record = *record;
      view.hosts.push_back(host);
      if (view.record.status != record->status) view.disagree.push_back(host);
    }
  }
  std::vector<DeploysView> ordered;
  for (auto& [id, view] : releases) ordered.push_back(std::move(view));
  std::sort(ordered.begin(), ordered.end(), [](const DeploysView& a, const DeploysView& b) {
    return a.record.sequence > b.record.sequence;
  });
  app.reporter.deploys(ordered);
  return ExitStatus::done;
}

}  // namespace segue
