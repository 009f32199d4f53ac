#include "registry_client.hpp"

#include "output_lines.hpp"

#include "segue/base/text.hpp"
#include "segue/engine/registry_failure.hpp"
#include "segue/engine/registry_login.hpp"
#include "segue/os/environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace segue {
namespace {

constexpr size_t kPushesAtOnce = 4;
constexpr size_t kLongestDigest = 200;
constexpr std::string_view kDigest = "sha256:";
constexpr size_t kDigits = 64;

}  // namespace

RegistryClient::RegistryClient(App& app, const Project& project, const LocalEngine& engine,
                               PrivateFolder folder)
    : app_(app),
      registry_(project.config.builder.registry),
      secrets_(project.secrets),
      engine_(engine),
      folder_(std::move(folder)) {
  for (const char* name : {kRegistryPassword, kRegistryCredentials})
    if (secrets_.contains(name)) redactions_.add(secrets_.at(name));
}

Result<RegistryClient> RegistryClient::open(App& app, const Project& project,
                                            const LocalEngine& engine) {
  TRY_ASSIGN(PrivateFolder folder, PrivateFolder::make(app.files));
  RegistryClient client(app, project, engine, std::move(folder));
  if (!client.registry_.wants_login()) return client;
  const std::string text = credentials_file({client.registry_.host(), client.registry_.username},
                                            client.secrets_.at(kRegistryCredentials));
  TRY(app.files.write(client.folder_.path() + "/config.json", text, 0600));
  TRY(client.use_same_daemon());
  return client;
}

// Docker's client keeps in the same folder as the credentials which daemon it is to talk to.
Result<> RegistryClient::use_same_daemon() {
  if (engine_.kind != EngineKind::docker || environment_variable("DOCKER_HOST")) return {};
  ProcessRequest request;
  request.argv = {"docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"};
  const auto result = run_process(request, app_.signals.wake_fd());
  if (!result && result.error().code == Code::interrupted) return tl::unexpected(result.error());
  if (!result || !result->succeeded()) return {};
  const std::string host(trim(result->output));
  if (!host.empty()) environment_ = {{"DOCKER_HOST", host}};
  return {};
}

ProcessRequest RegistryClient::request(const std::string& verb) const {
  ProcessRequest request;
  request.environment = environment_;
  request.argv = {engine_.program()};
  const bool with_credentials = registry_.wants_login();
  if (with_credentials && engine_.kind == EngineKind::docker)
    request.argv.insert(request.argv.end(), {"--config", folder_.path()});
  request.argv.push_back(verb);
  if (with_credentials && engine_.kind == EngineKind::podman)
    request.argv.insert(request.argv.end(), {"--authfile", folder_.path() + "/config.json"});
  return request;
}

Error RegistryClient::explained(const std::string& doing, const Result<ProcessResult>& result,
                                const std::string& said) const {
  if (!result && result.error().code == Code::interrupted) return result.error();
  std::string text = result ? said : result.error().what;
  if (result && result->timed_out)
    text = fmt::format("it took longer than {}", to_string(registry_.timeout));
  if (text.empty()) text = fmt::format("exit code {}", result->end.status);
  const RegistryFailure failure = explain_registry(registry_.host(), redactions_.apply(text));
  return {Code::failed,
          fmt::format("{}: {}", doing, failure.what),
          failure.hint.empty() ? "nothing was changed on any host" : failure.hint,
          {"on this machine"},
          {}};
}

Result<> RegistryClient::log_in() {
  if (!registry_.wants_login()) return {};
  ProcessRequest login = request("login");
  login.argv.insert(login.argv.end(),
                    {"--username", registry_.username, "--password-stdin", registry_.host()});
  login.stdin_data = secrets_.at(kRegistryPassword).reveal();
  login.deadline = std::min(login.deadline, registry_.timeout);
  const auto result = run_process(login, app_.signals.wake_fd());
  if (result && result->succeeded()) return {};
  return tl::unexpected(
      explained(fmt::format("{} can't be logged in to as {}", registry_.host(), registry_.username),
                result, result ? result->output + result->error_output : ""));
}

std::string RegistryClient::digest_file(const Push& push) const {
  return folder_.path() + "/" + push.service + ".digest";
}

Result<> RegistryClient::push(std::vector<Push>& pushes) {
  std::vector<OutputLines> lines;
  std::vector<ProcessRequest> requests;
  lines.reserve(pushes.size());
  for (const Push& push : pushes) {
    lines.emplace_back(app_.reporter, push.service, redactions_);
    ProcessRequest& wanted = requests.emplace_back(request("push"));
    if (engine_.kind == EngineKind::podman)
      wanted.argv.insert(wanted.argv.end(), {"--digestfile", digest_file(push)});
    // Docker takes 127.0.0.0/8 as it is.
    if (engine_.kind == EngineKind::podman && registry_.is_local())
      wanted.argv.emplace_back("--tls-verify=false");
    wanted.argv.insert(wanted.argv.end(), {"--", push.image});
    wanted.deadline = registry_.timeout;
    wanted.on_output = [&last = lines.back()](std::string_view bytes) { last.add(bytes); };
  }
  const auto results = run_processes(requests, kPushesAtOnce, app_.signals.wake_fd());
  std::optional<Error> failure;
  for (size_t i = 0; i < pushes.size(); ++i) {
    lines[i].end_line();
    if (results[i] && results[i]->succeeded()) {
      TRY_ASSIGN(pushes[i].digest, digest_of(pushes[i], *results[i]));
      continue;
    }
    failure = explained(pushes[i].image + " can't be pushed", results[i], lines[i].last());
    if (failure->code == Code::interrupted) return tl::unexpected(*failure);
    app_.reporter.error(*failure);
  }
  if (failure) return fail(failure->code, "");
  return {};
}

Result<ProcessResult> RegistryClient::in_folder(const std::vector<std::string>& words) const {
  ProcessRequest request;
  request.argv = {engine_.program()};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.environment = {{"DOCKER_CLI_EXPERIMENTAL", "enabled"}};  // before Docker 20.10
  request.folder = folder_.path();
  request.deadline = registry_.timeout;
  return run_process(request, app_.signals.wake_fd());
}

Result<> RegistryClient::push_list(const ImageListPush& list) {
  const ListCommands commands = list_commands(engine_.kind, list);
  Result<> pushed;
  for (const std::vector<std::string>& words : commands.push) {
    const auto result = in_folder(words);
    if (result && result->succeeded()) continue;
    pushed = tl::unexpected(explained(list.image + " can't be pushed", result,
                                      result ? result->output + result->error_output : ""));
    break;
  }
  // Whatever it says: the list is only a name for what the registry has.
  if (!commands.tidy.empty()) std::ignore = in_folder(commands.tidy);
  return pushed;
}

Result<std::string> RegistryClient::digest_of(const Push& push, const ProcessResult& result) const {
  std::string text = result.output;
  if (engine_.kind == EngineKind::podman) {
    TRY_ASSIGN(text, app_.files.read(digest_file(push), kLongestDigest));
  }
  std::string digest = pushed_digest(text);
  if (!digest.empty()) return digest;
  return fail(Code::failed, fmt::format("{} does not say by which digest {} was pushed",
                                        engine_.program(), push.image));
}

std::string pushed_digest(const std::string& text) {
  const size_t at = text.rfind(kDigest);
  if (at == std::string::npos) return {};
  std::string digest = text.substr(at, kDigest.size() + kDigits);
  const bool whole =
      digest.size() == kDigest.size() + kDigits &&
      digest.find_first_not_of("0123456789abcdef", kDigest.size()) == std::string::npos;
  return whole ? digest : "";
}

}  // namespace segue
