#include "recorded_images.hpp"

namespace segue {

Result<std::map<std::string, HostFacts>> ask_for_images(App& app, Hosts& hosts,
                                                        const std::optional<LockHolder>& lock) {
  Hosts::Ask ask;
  ask.lock = lock;
  ask.recorded = ask.retention = true;
  TRY_ASSIGN(auto facts, all_or_error(app, hosts.facts(ask)));
  for (const std::string& record : read_history(facts).unreadable)
    app.reporter.note("a record can't be read: " + record);
  return facts;
}

std::map<std::string, std::vector<RecordedImage>> recorded_images(
    const Project& project, const std::map<std::string, HostFacts>& facts,
    std::optional<int> retain) {
  const History history = read_history(facts);
  const Retention retention({project.config, history, project.services, retain, true});
  std::map<std::string, std::vector<RecordedImage>> images;
  for (const auto& [host, known] : facts) images[host] = retention.images_of(known);
  return images;
}

}  // namespace segue
