#include "image_lending.hpp"

#include "local_registry.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/text.hpp"
#include "segue/engine/registry_login.hpp"
#include "segue/host/problem.hpp"
#include "segue/host/registry.hpp"
#include "segue/os/random.hpp"
#include "segue/plan/service_containers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr const char* kReader = "segue";  // whose password it is
constexpr size_t kPasswordBytes = 16;
constexpr Duration kBetweenAsking{20};
constexpr Duration kLongestArranging{10'000};
constexpr Duration kLongestTurn{60'000};

// Under which the registry gets it: what was built for several architectures needs several names.
std::string name_of(const ServiceConfig& service, const std::string& id) {
  if (!service.build || service.build->images.size() < 2) return service.image;
  for (const auto& [architecture, image] : service.build->images)
    if (image.id == id) return service.image + "-" + architecture;
  return service.image;
}

}  // namespace

void prepare_lending(Project& project) {
  if (!project.config.builder.registry.is_local()) return;
  project.lends = true;
  project.secrets.insert_or_assign(
      kRegistryCredentials,
      registry_credentials({"", kReader}, Secret(random_hex(kPasswordBytes))));
}

Result<std::vector<ScriptEnded>> ImageLending::run(Steps& steps) {
  TRY(push(steps));
  TRY_ASSIGN(const auto ports, lend(steps));
  auto ended = pull(ports, steps);
  take_back();
  TRY(ended);
  for (auto at = ended->begin(); at != ended->end();) {
    const auto problem = told_problem(at->events, facts_.at(at->host).engine_kind);
    const bool pull_failed =
        problem && std::any_of(at->events.begin(), at->events.end(), [](const ScriptEvent& event) {
          return event.key == "problem" && event.value.starts_with("image-missing ");
        });
    if (!pull_failed) {
      steps.erase(at->host);
      ++at;
      continue;
    }
    tell_other_way(at->host, problem->what);
    at = ended->erase(at);
  }
  return ended;
}

void ImageLending::tell_other_way(const std::string& host, const std::string& why) {
  app_.reporter.note(fmt::format("{}: {}: what it lacks is sent as an archive", host, why));
}

Result<> ImageLending::push(const Steps& steps) {
  std::map<std::string, LocalRegistry::Push> wanted;  // by id: each architecture has its own
  for (const auto& [host, some] : steps)
    for (const Step* step : some)
      if (const ServiceConfig* service = project_.config.service(step->service))
        wanted[step->image] = {service->name, name_of(*service, step->image), step->image};
  std::vector<LocalRegistry::Push> pushes;
  pushes.reserve(wanted.size());
  for (auto& [name, push] : wanted) pushes.push_back(std::move(push));
  TRY_ASSIGN(const LocalEngine engine, find_local_engine(app_, project_.config));
  TRY(LocalRegistry(app_, project_).push(engine, pushes));
  for (const LocalRegistry::Push& push : pushes) digests_[push.id] = push.digest;
  return {};
}

Result<std::map<std::string, int>> ImageLending::lend(const Steps& steps) {
  const int before = app_.signals.count();
  const TimePoint end = hosts_.runner().now() + kLongestArranging;
  std::map<std::string, RegistryLoan> open;
  for (const auto& [host, some] : steps) {
    RegistryLoan& loan = open[host];
    loan.port = project_.config.builder.registry.local_port;
    loan.credentials = project_.secrets.at(kRegistryCredentials);
    for (const Step* step : some)
      if (const ServiceConfig* service = project_.config.service(step->service))
        if (const auto& build = service->build)
          loan.images.insert(build->repository + "@" + digests_.at(step->image));
  }
  std::map<std::string, int> ports;
  while (!open.empty()) {
    for (auto at = open.begin(); at != open.end();) {
      auto port = hosts_.transport().lend(at->first, at->second);
      if (!port && hosts_.runner().now() > end)
        port = fail(Code::failed, "its sshd does not say whether it forwards a port");
      if (!port) {
        ++at;
        continue;
      }
      if (port->has_value())
        ports[at->first] = **port;
      else
        tell_other_way(at->first, port->error().what);
      at = open.erase(at);
    }
    if (open.empty()) break;
    hosts_.runner().wait(hosts_.runner().now() + kBetweenAsking);
    app_.signals.drain();
    if (app_.signals.count() != before) return fail(Code::interrupted, "interrupted");
  }
  return ports;
}

Script ImageLending::script(const std::string& host, int port,
                            const std::vector<const Step*>& steps) const {
  const HostFacts& facts = facts_.at(host);
  const Layout layout{facts.state_root, identity_of(project_.config)};
  const RegistryConfig& registry = project_.config.builder.registry;
  const std::string address = fmt::format("127.0.0.1:{}", port);
  Script script;
  script.fence = Fence{layout.lock_folder(), hosts_.generations().at(host)};
  for (const Step* step : steps) {
    const ServiceConfig* service = project_.config.service(step->service);
    if (service == nullptr || !service->build) continue;
    ImagePull pull;
    pull.reference = fmt::format("{}/{}:{}", address, service->build->repository,
                                 lent_tag(digests_.at(step->image)));
    pull.image = service->image;
    pull.problem = "image-missing";
    pull.login = RegistryLogin{address, kReader};
    pull.timeout = registry.timeout;
    pull.lent_id = step->image;
    script.sections.push_back(pull_image(layout, Engine(facts), pull));
  }
  return script;
}

Result<std::vector<ScriptEnded>> ImageLending::pull(const std::map<std::string, int>& ports,
                                                    const Steps& steps) {
  ScriptRunner& runner = hosts_.runner();
  const int before = app_.signals.count();
  const TimePoint began = runner.now();
  std::map<std::string, Report> going_on;
  for (const auto& [host, port] : ports) {
    std::vector<std::string> titles;
    for (const Step* step : steps.at(host)) titles.push_back(step->title);
    Report& report = going_on[host] = {Report::Kind::began, host, "", join(titles, ", "), "", {}};
    app_.reporter.progress(report);
    runner.start(host, script(host, port, steps.at(host)));
  }
  std::vector<ScriptEnded> ended;
  while (!runner.idle()) {
    for (ScriptEnded& end : runner.wait(runner.now() + kLongestTurn).ended) {
      const auto* exited = std::get_if<Exited>(&end.outcome);
      Report& report = going_on[end.host];
      report.kind =
          exited != nullptr && exited->status == 0 ? Report::Kind::succeeded : Report::Kind::failed;
      report.took = std::chrono::duration_cast<Duration>(runner.now() - began);
      const auto bytes = static_cast<long long>(hosts_.transport().take_back(end.host));
      report.title += fmt::format(": {} came through the session", shown_byte_size(bytes));
      app_.reporter.progress(report);
      ended.push_back(std::move(end));
    }
    app_.signals.drain();
    if (app_.signals.count() == before) continue;
    for (const auto& [host, port] : ports) runner.abandon(host);
    return fail(Code::interrupted, "interrupted");
  }
  return ended;
}

void ImageLending::take_back() {
  if (!project_.lends) return;
  for (const std::string& host : project_.hosts) hosts_.transport().take_back(host);
}

}  // namespace segue
