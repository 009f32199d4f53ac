#include "image_lending.hpp"

#include "local_registry.hpp"

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
constexpr Duration kLongestPullOfArchive{
    86'400'000};  // as an archive, it may take what the line takes

// Under which the registry gets it: what was built for several architectures needs several names.
std::string name_of(const ServiceConfig& service, const std::string& id) {
  if (!service.build || service.build->images.size() < 2) return service.image;
  for (const auto& [architecture, image] : service.build->images)
    if (image.id == id) return service.image + "-" + architecture;
  return service.image;
}

}  // namespace

void prepare_lending(Project& project) {
  const Config& config = project.config;
  const bool has_built =
      std::any_of(config.services.begin(), config.services.end(),
                  [](const ServiceConfig& service) { return service.build.has_value(); });
  const bool pulls_archives =
      !config.builder.registry.exists() && has_built && config.engine != EngineKind::docker;
  project.lends = config.builder.registry.is_local() || pulls_archives;
  if (!project.lends) return;
  for (const std::string& host : project.hosts)
    project.secrets.insert_or_assign(
        lent_credentials(host),
        registry_credentials({"", kReader}, Secret(random_hex(kPasswordBytes))));
}

ImageLending::~ImageLending() {
  if (!project_.lends) return;
  for (const std::string& host : project_.hosts) hosts_.transport().take_back(host);
}

bool ImageLending::serves(const std::string& host) const {
  if (!project_.lends || project_.config.builder.registry.is_local()) return project_.lends;
  const ServerConfig* server = project_.config.server(host);
  const bool by_ssh = server != nullptr && !project_.endpoint(*server).local;
  return by_ssh && facts_.at(host).engine_kind == EngineKind::podman;
}

void ImageLending::offer(const ImageArchive& archive) {
  const auto image = std::make_shared<const LentImage>(archive);
  digests_[archive.id()] = image->digest();
  images_[archive.id()] = image;
}

bool ImageLending::is_refused(const ScriptEnded& end) {
  const auto problem = told_problem(end.events, facts_.at(end.host).engine_kind);
  const bool pull_failed =
      problem && std::any_of(end.events.begin(), end.events.end(), [](const ScriptEvent& event) {
        return event.key == "problem" && event.value.starts_with("image-missing ");
      });
  if (pull_failed) tell_other_way(end.host, problem->what);
  return pull_failed;
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

RegistryLoan ImageLending::loan(const std::string& host,
                                const std::vector<const Step*>& steps) const {
  RegistryLoan loan;
  loan.port = project_.config.builder.registry.local_port;
  loan.credentials = project_.secrets.at(lent_credentials(host));
  std::vector<std::shared_ptr<const LentImage>> lent;
  for (const Step* step : steps) {
    const ServiceConfig* service = project_.config.service(step->service);
    if (service == nullptr || !service->build) continue;
    loan.images.insert(service->build->repository + "@" + digests_.at(step->image));
    if (const auto image = images_.find(step->image); image != images_.end())
      lent.push_back(image->second);
  }
  if (!lent.empty())
    loan.contents = [lent = std::move(lent)](const std::string& digest) {
      std::optional<LentContent> found;
      for (size_t i = 0; i < lent.size() && !found; ++i) found = lent[i]->content(digest);
      return found;
    };
  return loan;
}

Result<std::map<std::string, int>> ImageLending::lend(const Steps& steps) {
  const int before = app_.signals.count();
  const TimePoint end = hosts_.runner().now() + kLongestArranging;
  std::map<std::string, RegistryLoan> open;
  for (const auto& [host, some] : steps) open.emplace(host, loan(host, some));
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
    pull.login = RegistryLogin{address, kReader, lent_credentials(host)};
    pull.timeout = registry.is_local() ? registry.timeout : kLongestPullOfArchive;
    pull.lent_id = step->image;
    script.sections.push_back(pull_image(layout, Engine(facts), pull));
  }
  return script;
}

Hosts::Sending ImageLending::pull(const std::string& host, int port,
                                  const std::vector<const Step*>& steps) {
  std::vector<std::string> titles;
  titles.reserve(steps.size());
  for (const Step* step : steps) titles.push_back(step->title);
  Hosts::Sending sending;
  sending.title = join(titles, ", ");
  sending.script = script(host, port, steps);
  sending.fetched = [this, host] { return hosts_.transport().bytes_lent(host); };
  sending.done = [this, host] { hosts_.transport().take_back(host); };
  return sending;
}

}  // namespace segue
