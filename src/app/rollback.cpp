// `segue rollback`: a deploy of what a release's record says, by the same plan, gates and way back.
#include "deployment.hpp"

#include "segue/host/history.hpp"
#include "segue/model/release_id.hpp"
#include "segue/plan/recorded_service.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

using Facts = std::map<std::string, HostFacts>;

struct Target {
  ReleaseRecord record;
  int last_sequence = 0;
};

Result<Target> choose(App& app, Hosts& hosts, const std::string& name) {
  TRY_ASSIGN(const Facts facts, all_or_error(app, hosts.facts({})));
  const History history = read_history(facts);
  for (const std::string& record : history.unreadable)
    app.reporter.note("a record can't be read: " + record);
  TRY_ASSIGN(ReleaseRecord record, rollback_target(history, name));
  Target target{std::move(record), 0};
  for (const auto& [host, known] : facts)
    target.last_sequence = std::max(target.last_sequence, known.highest_sequence);
  return target;
}

// From here on the project is as the release was; servers and secrets are today's.
Result<> go_back_to(App& app, Project& project, Hosts& hosts, const ReleaseRecord& record,
                    bool yes) {
  TRY_ASSIGN(RestoredRelease restored,
             read_release(project.config, record, project.hosts, project.services));
  project.config = std::move(restored.config);
  hosts.use_images(std::move(restored.images));
  std::erase_if(project.hosts, [&](const std::string& host) {
    return std::none_of(record.services.begin(), record.services.end(),
                        [&](const ServiceRecord& part) { return part.host == host; });
  });
  TRY(resolve_project(app, project, {std::nullopt, SecretsWanted::all, yes}));
  hosts.runner().hide(project.secrets);
  return {};
}

Result<DeployView> roll_back(App& app, Project& project, const RollbackOptions& options) {
  Hosts hosts(app, project);
  TRY_ASSIGN(const Target target, choose(app, hosts, options.release));
  TRY(go_back_to(app, project, hosts, target.record, options.yes));
  app.reporter.note(
      fmt::format("going back to {} of {}", target.record.id, target.record.finished_at));
  DeploymentRequest request;
  request.kind = "rollback";
  const auto id = parse_release_id(target.record.id);
  request.version = id ? id->version : "rollback";
  request.yes = options.yes;
  request.initiator = options.initiator;
  request.message = options.message.empty() ? "rollback to " + target.record.id : options.message;
  request.lock_timeout = options.lock_timeout;
  request.restores = target.record;
  request.last_sequence = target.last_sequence;
  return Deployment(app, request, project, hosts).run();
}

}  // namespace

ExitStatus rollback(App& app, const RollbackOptions& options) {
  if (!options.yes && !app.options.interactive)
    return told(app, {Code::usage,
                      "rollback asks before it changes anything, and nobody is there to ask",
                      "say yes beforehand: segue rollback -y",
                      {},
                      {}});
  auto project = open_project(app, {std::string("none")});
  if (!project) return told(app, project.error());
  return show_deployed(app, roll_back(app, *project, options));
}

}  // namespace segue
