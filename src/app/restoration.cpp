#include "restoration.hpp"

#include "segue/host/history.hpp"
#include "segue/plan/recorded_service.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

// By its id: the name may mean another image by now.
void know_by_name(HostFacts& facts, const std::map<std::string, std::string>& image_ids) {
  const std::map<std::string, ImageFacts> by_id = std::exchange(facts.images, {});
  for (const auto& [reference, id] : image_ids) {
    const auto found = by_id.find(id);
    if (found == by_id.end()) continue;
    facts.images[reference] = found->second;
    facts.images[reference].reference = reference;
  }
}

}  // namespace

Result<ReleaseRecord> restore_project(App& app, Project& project, Hosts& hosts,
                                      std::map<std::string, HostFacts>& facts,
                                      const std::string& name, bool may_run) {
  const History history = read_history(facts);
  for (const std::string& record : history.unreadable)
    app.reporter.note("a record can't be read: " + record);
  TRY_ASSIGN(ReleaseRecord record, rollback_target(history, name));
  TRY_ASSIGN(RestoredRelease restored,
             read_release(project.config, record, project.hosts, project.services));
  project.config = std::move(restored.config);
  std::erase_if(project.hosts, [&](const std::string& host) {
    return std::none_of(record.services.begin(), record.services.end(),
                        [&](const ServiceRecord& part) { return part.host == host; });
  });
  std::erase_if(facts, [&](const auto& known) {
    return std::find(project.hosts.begin(), project.hosts.end(), known.first) ==
           project.hosts.end();
  });
  for (auto& [host, known] : facts) know_by_name(known, restored.images[host]);
  hosts.use_images(std::move(restored.images));
  TRY(resolve_project(app, project, {std::nullopt, SecretsWanted::all, may_run}));
  hosts.runner().hide(project.secrets);
  app.reporter.note(fmt::format("going back to {} of {}", record.id, record.finished_at));
  return record;
}

}  // namespace segue
