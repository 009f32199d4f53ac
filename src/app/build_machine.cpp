#include "build_machine.hpp"

#include "remote_registry.hpp"

#include "segue/base/text.hpp"
#include "segue/os/random.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kLongestBuild{24LL * 3'600'000};
constexpr Duration kLongestPrune{600'000};
constexpr size_t kAtOnce = 4;
constexpr size_t kLongestId = 200;

}  // namespace

Result<BuildMachine> BuildMachine::find(App& app, Project& project) {
  if (!project.config.builder.remote) {
    TRY_ASSIGN(LocalEngine engine, find_local_engine(app, project.config));
    return BuildMachine(app, project, std::move(engine), nullptr);
  }
  if (!project.remote_builder) {
    TRY_ASSIGN(project.remote_builder, RemoteBuilder::open(app, project));
  }
  return BuildMachine(app, project, project.remote_builder->engine(), project.remote_builder);
}

std::string BuildMachine::title() const {
  const auto& remote = project_.config.builder.remote;
  return to_string(engine_.kind) + (remote ? " on " + remote->name : "");
}

std::string BuildMachine::place() const {
  const auto& remote = project_.config.builder.remote;
  return remote ? remote->name : "this machine";
}

ProcessRequest BuildMachine::request(const BuildOrder& order, const std::string& id_folder) const {
  ProcessRequest request;
  request.argv = {engine_.program()};
  request.argv.insert(request.argv.end(), order.verb.begin(), order.verb.end());
  request.argv.insert(request.argv.end(), order.options.begin(), order.options.end());
  request.argv.insert(request.argv.end(), {"--iidfile", id_folder + "/" + order.service});
  if (!order.dockerfile.empty())
    request.argv.insert(request.argv.end(), {"--file", order.dockerfile});
  request.argv.insert(request.argv.end(), {"--", order.context});
  // In the environment of the client, by names that nothing else gives a meaning to.
  for (const auto& [variable, name] : order.secrets)
    request.environment.emplace_back(variable, project_.secrets.at(name).reveal());
  for (const auto& [name, value] : order.environment) request.environment.emplace_back(name, value);
  request.folder = project_.folder;
  request.deadline = kLongestBuild;
  request.on_output = order.on_output;
  return request;
}

Result<std::vector<Result<std::string>>> BuildMachine::build(const std::vector<BuildOrder>& orders,
                                                             const std::string& id_folder) {
  return remote_ ? remote_->build(orders) : build_here(orders, id_folder);
}

Result<std::vector<Result<std::string>>> BuildMachine::build_here(
    const std::vector<BuildOrder>& orders, const std::string& id_folder) {
  std::vector<ProcessRequest> requests;
  requests.reserve(orders.size());
  for (const BuildOrder& order : orders) requests.push_back(request(order, id_folder));
  const auto results = run_processes(requests, kAtOnce, app_.signals.wake_fd());
  std::vector<Result<std::string>> ids;
  for (size_t i = 0; i < orders.size(); ++i) {
    const Result<ProcessResult>& result = results[i];
    if (!result && result.error().code == Code::interrupted)
      return fail(Code::interrupted, "interrupted");
    if (result && result->succeeded()) {
      TRY_ASSIGN(const std::string id,
                 app_.files.read(id_folder + "/" + orders[i].service, kLongestId));
      ids.emplace_back(std::string(trim(id)));
      continue;
    }
    std::string why = !result                      ? result.error().what
                      : result->end.signal.empty() ? fmt::format("exit code {}", result->end.status)
                                                   : "SIG" + result->end.signal;
    ids.push_back(tl::unexpected(Error{Code::failed, std::move(why), {}, {}, {}}));
  }
  return ids;
}

Result<LocalImage> BuildMachine::image(const std::string& reference) {
  return remote_ ? remote_->image(reference) : local_image(app_, engine_, reference);
}

Result<BuilderAbilities> BuildMachine::abilities() {
  if (abilities_) return *abilities_;
  BuilderAbilities able{engine_.kind, false, "", remote_ != nullptr};
  const bool podman = engine_.kind == EngineKind::podman;
  const auto answer = ask(podman ? std::vector<std::string>{"--version"}
                                 : std::vector<std::string>{"buildx", "version"});
  if (!answer && answer.error().code != Code::failed) return tl::unexpected(answer.error());
  able.has_buildx = answer.has_value() && !podman;
  // "podman version 4.3.1"
  if (answer && podman) able.version = trim(answer->substr(answer->rfind(' ') + 1));
  abilities_ = able;
  return able;
}

Result<> BuildMachine::log_in() {
  if (remote_) return segue::log_in(app_, project_, *remote_);
  TRY_ASSIGN(RegistryClient client, RegistryClient::open(app_, project_, engine_));
  registry_ = std::make_shared<RegistryClient>(std::move(client));
  return registry_->log_in();
}

Result<> BuildMachine::push(std::vector<RegistryClient::Push>& pushes) {
  if (remote_) return segue::push(app_, project_, *remote_, pushes);
  return registry_->push(pushes);
}

Result<> BuildMachine::push_list(const std::string& image, std::vector<std::string> parts) {
  const RegistryConfig& registry = project_.config.builder.registry;
  ImageListPush list{image, std::move(parts), random_hex(8), registry.wants_login(), false};
  if (engine_.kind == EngineKind::docker) {
    TRY_ASSIGN(const std::string answer, ask({"info", "--format", insecure_registries_format()}));
    list.insecure = is_insecure(answer, registry.host());
  }
  return remote_ ? segue::push_list(app_, project_, *remote_, list) : registry_->push_list(list);
}

Result<std::string> BuildMachine::ask(const std::vector<std::string>& words) {
  if (remote_) return remote_->ask(words);
  ProcessRequest request;
  request.argv = {engine_.program()};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.deadline = kLongestPrune;
  TRY_ASSIGN(const ProcessResult result, run_process(request, app_.signals.wake_fd()));
  if (result.succeeded()) return result.output;
  return fail(Code::failed,
              fmt::format("{} refuses: {}", engine_.program(), trim(result.error_output)));
}

}  // namespace segue
