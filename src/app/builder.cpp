#include "builder.hpp"

#include "local_engine.hpp"
#include "local_registry.hpp"
#include "lock_owner.hpp"
#include "output_lines.hpp"
#include "private_folder.hpp"
#include "project_secrets.hpp"
#include "registry_client.hpp"
#include "registry_password.hpp"
#include "source_version.hpp"

#include "segue/base/text.hpp"
#include "segue/model/image_labels.hpp"
#include "segue/os/process.hpp"
#include "segue/os/wall_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

constexpr Duration kLongestBuild{24LL * 3'600'000};
constexpr size_t kAtOnce = 4;
constexpr size_t kLongestId = 200;

using Labels = std::map<std::string, std::string>;

struct Source {
  ServiceConfig* service = nullptr;
  BuildConfig* config = nullptr;  // its own
};

std::vector<Source> builds_of(Project& project) {
  std::vector<Source> builds;
  for (ServiceConfig& service : project.config.services) {
    const auto& named = project.services;
    const bool wanted =
        named.empty() || std::find(named.begin(), named.end(), service.name) != named.end();
    const bool here =
        std::any_of(service.hosts.begin(), service.hosts.end(), [&](const auto& host) {
          return std::find(project.hosts.begin(), project.hosts.end(), host) != project.hosts.end();
        });
    if (service.build && wanted && here) builds.push_back({&service, &*service.build});
  }
  return builds;
}

struct Build {
  ServiceConfig* service = nullptr;
  BuildConfig* config = nullptr;
  LocalImage before;  // of the same name
  Labels labels;      // what is written on it
  Labels fresh;       // if it comes out different from what there was
  std::string id_file;
};

class Builder {
 public:
  Builder(App& app, Project& project, const BuildRequest& request, LocalEngine engine,
          SourceVersion source, PrivateFolder folder)
      : app_(app),
        project_(project),
        request_(request),
        engine_(std::move(engine)),
        source_(std::move(source)),
        folder_(std::move(folder)) {
    for (const auto& [name, value] : project_.secrets) redactions_.add(value);
  }

  Result<> run() {
    std::vector<Error> wrong;
    std::vector<Build> builds;
    for (const Source& source : builds_of(project_)) {
      auto build = prepare(source);
      if (build)
        builds.push_back(std::move(*build));
      else
        wrong.push_back(std::move(build.error()));
    }
    app_.reporter.diagnostics(wrong, project_.texts, "error");
    if (!wrong.empty()) return fail(Code::usage, "");
    TRY(run_all(builds));
    std::vector<Build> again;
    for (Build& build : builds)
      if (differs(build)) again.push_back(std::move(build));
    return again.empty() ? Result<>() : run_all(again);
  }

 private:
  // Who built it first, and when, stays with an image that comes out the same: else each build
  // would make another one, and each deploy roll.
  Result<Build> prepare(const Source& source) {
    ServiceConfig& service = *source.service;
    BuildConfig& config = *source.config;
    const auto placed = [&](Error error) {
      error.what = fmt::format("`build` of {}: {}", service.name, error.what);
      error.at = config.at;
      return tl::unexpected(std::move(error));
    };
    if (auto folder = check_paths(config); !folder) return placed(folder.error());
    if (auto platform = check_platform(service); !platform) return placed(platform.error());
    Build build;
    build.service = source.service;
    build.config = source.config;
    build.id_file = folder_.path() + "/" + service.name;
    const Identity identity{project_.config.project, project_.config.environment};
    service.image = config.image(source_.version);
    build.fresh = {{image_label::kProject, identity.project},
                   {image_label::kService, service.name},
                   {image_label::kVersion, source_.version},
                   {image_label::kCreated, utc_text(now_seconds())},
                   {image_label::kInitiator, make_holder("build", request_.initiator, "").who}};
    if (!identity.environment.empty())
      build.fresh[image_label::kEnvironment] = identity.environment;
    if (!source_.revision.empty() && !config.is_address())
      build.fresh[image_label::kRevision] = source_.revision;
    build.labels = build.fresh;
    TRY_ASSIGN(build.before, local_image(app_, engine_, service.image));
    for (const char* name : {image_label::kCreated, image_label::kInitiator})
      if (build.before.labels.contains(name) && !request_.no_cache)
        build.labels[name] = build.before.labels.at(name);
    return build;
  }

  // The engine follows no link out of the context; that the context is in the project is seen here.
  Result<> check_paths(const BuildConfig& build) const {
    if (build.is_address()) return {};
    TRY_ASSIGN(const ProjectFolder project, ProjectFolder::open(project_.folder));
    TRY_ASSIGN(const bool is_folder, project.is_folder(build.context));
    if (!is_folder) return fail(Code::usage, fmt::format("{} is no folder", build.context));
    if (build.dockerfile.empty()) return {};
    return project.open_file(dockerfile(build)).map([](const Fd&) {});
  }

  std::string dockerfile(const BuildConfig& build) const {
    if (build.is_address()) return build.dockerfile;
    const std::string inside =
        build.context == "." ? build.dockerfile : build.context + "/" + build.dockerfile;
    return app_.files.exists(project_.folder + "/" + inside) ? inside : build.dockerfile;
  }

  Result<> check_platform(const ServiceConfig& service) const {
    if (platforms(service).size() < 2) return {};
    return fail(
        Code::usage, "its hosts are of two architectures, and one image has one",
        "this does not work yet: make a service for each, or name an `image` that has both");
  }

  // Of hosts that say what they are; the others are compared with what came out.
  std::set<std::string> platforms(const ServiceConfig& service) const {
    std::set<std::string> found;
    for (const std::string& host : service.hosts) {
      const ServerConfig* server = project_.config.server(host);
      if (server != nullptr && !server->arch.empty()) found.insert(server->arch);
    }
    return found;
  }

  ProcessRequest command(const Build& build) const {
    const BuildConfig& config = *build.config;
    ProcessRequest request;
    auto& words = request.argv;
    words = {engine_.program(), "build"};
    const auto add = [&](std::string option, std::string value) {
      words.push_back(std::move(option));
      words.push_back(std::move(value));
    };
    // The other format of Podman has no health checks, and another id once it is sent.
    if (engine_.kind == EngineKind::podman) add("--format", "docker");
    add("--iidfile", build.id_file);
    add("--tag", build.service->image);
    if (!config.dockerfile.empty()) add("--file", dockerfile(config));
    if (!config.target.empty()) add("--target", config.target);
    const auto wanted = platforms(*build.service);
    if (!wanted.empty() && *wanted.begin() != engine_.architecture)
      add("--platform", "linux/" + *wanted.begin());
    for (const auto& [name, value] : config.args) add("--build-arg", name + "=" + value);
    for (const auto& [name, value] : build.labels) add("--label", name + "=" + value);
    if (request_.no_cache || !project_.config.builder.cache) words.emplace_back("--no-cache");
    add_secrets(config, request);
    words.emplace_back("--");
    words.push_back(config.context);
    if (config.is_address()) request.environment.emplace_back("GIT_TERMINAL_PROMPT", "0");
    request.folder = project_.folder;
    request.deadline = kLongestBuild;
    return request;
  }

  // In the environment of the client, by names that nothing else gives a meaning to. Docker's
  // classic builder knows no secrets: the other one is asked for.
  void add_secrets(const BuildConfig& config, ProcessRequest& request) const {
    for (size_t i = 0; i < config.secrets.size(); ++i) {
      const std::string variable = fmt::format("SEGUE_BUILD_SECRET_{}", i);
      request.argv.emplace_back("--secret");
      request.argv.push_back(fmt::format("id={},env={}", config.secrets[i], variable));
      request.environment.emplace_back(variable, project_.secrets.at(config.secrets[i]).reveal());
    }
    if (!config.secrets.empty() && engine_.kind == EngineKind::docker)
      request.environment.emplace_back("DOCKER_BUILDKIT", "1");
  }

  Result<> run_all(std::vector<Build>& builds) {
    std::vector<OutputLines> lines;
    std::vector<ProcessRequest> requests;
    lines.reserve(builds.size());
    for (Build& build : builds) {
      lines.emplace_back(app_.reporter, build.service->name, redactions_);
      requests.push_back(command(build));
      requests.back().on_output = [&last = lines.back()](std::string_view bytes) {
        last.add(bytes);
      };
    }
    const auto results = run_processes(requests, kAtOnce, app_.signals.wake_fd());
    std::optional<Error> failure;
    for (size_t i = 0; i < builds.size(); ++i) {
      lines[i].end_line();
      if (auto error = outcome(builds[i], results[i], lines[i].last())) failure = error;
      if (failure && failure->code == Code::interrupted) return tl::unexpected(*failure);
    }
    if (failure) return fail(failure->code, "");
    for (Build& build : builds) TRY(learn(build));
    return {};
  }

  std::optional<Error> outcome(const Build& build, const Result<ProcessResult>& result,
                               const std::string& last) {
    if (result && result->succeeded()) return std::nullopt;
    if (!result && result.error().code == Code::interrupted)
      return Error{Code::interrupted, "interrupted", {}, {}, {}};
    std::string why = !result                      ? result.error().what
                      : result->end.signal.empty() ? fmt::format("exit code {}", result->end.status)
                                                   : "SIG" + result->end.signal;
    if (!last.empty()) why += "\n" + last;
    const bool lacks_buildkit = contains(why, "buildx component is missing");
    Error error{Code::failed,
                fmt::format("the build of {} failed: {}", build.service->name, why),
                lacks_buildkit
                    ? "the secrets of a build need it: install Docker's buildx plugin, or "
                      "build with Podman (builder.engine: podman)"
                    : "nothing was changed on any host",
                {},
                {}};
    app_.reporter.error(error);
    return error;
  }

  // By its id from now on: the name may be somebody else's the next moment.
  Result<> learn(Build& build) {
    TRY_ASSIGN(const std::string id, app_.files.read(build.id_file, kLongestId));
    TRY_ASSIGN(const LocalImage image, local_image(app_, engine_, std::string(trim(id))));
    if (image.id.empty())
      return fail(Code::failed, fmt::format("{} is gone: it was just built", build.service->image));
    BuildConfig& config = *build.config;
    config.image_id = image.id;
    config.architecture = image.architecture;
    config.size = image.size;
    return {};
  }

  static bool differs(Build& build) {
    if (build.labels == build.fresh || build.config->image_id == build.before.id) return false;
    build.labels = build.fresh;
    return true;
  }

  App& app_;
  Project& project_;
  const BuildRequest& request_;
  LocalEngine engine_;
  SourceVersion source_;
  PrivateFolder folder_;
  Redactions redactions_;
};

Result<SourceVersion> version_of(App& app, const Project& project,
                                 const std::optional<std::string>& named) {
  TRY_ASSIGN(SourceVersion source, source_version(app, project.folder));
  if (named) source.version = *named;
  return source;
}

void phase(App& app, const std::string& title) {
  app.reporter.progress({Report::Kind::phase, "", "", title, "", {}});
}

Result<> push_images(App& app, Project& project, RegistryClient& registry) {
  const auto builds = builds_of(project);
  std::vector<RegistryClient::Push> pushes;
  for (const Source& build : builds) pushes.push_back({build.service->name, build.service->image});
  phase(app, "Push to " + project.config.builder.registry.host());
  TRY(registry.push(pushes));
  for (size_t i = 0; i < builds.size(); ++i) builds[i].config->digest = pushes[i].digest;
  return {};
}

// Hosts go on asking for what was built by its id: the registry's digest is between us and it.
Result<> push_locally(App& app, Project& project, const LocalEngine& engine) {
  std::vector<LocalRegistry::Push> pushes;
  for (const Source& build : builds_of(project))
    pushes.push_back({build.service->name, build.service->image, build.config->image_id});
  phase(app, "Push to " + project.config.builder.registry.host());
  return LocalRegistry(app, project).push(engine, pushes);
}

// By which the registry has it, as far as this machine's engine knows. Podman names the digest of
// what it keeps itself, which is not that of what it has pushed.
std::string digest_of(const LocalEngine& engine, const LocalImage& image,
                      const std::string& repository) {
  if (engine.kind == EngineKind::podman) return {};
  for (const std::string& digest : image.digests)
    if (digest.starts_with(repository + "@")) return digest.substr(repository.size() + 1);
  return {};
}

// Where nothing else has wanted secrets, only those of what is built.
Result<> find_build_secrets(App& app, Project& project, bool yes) {
  std::set<std::string> names;
  for (const Source& source : builds_of(project))
    for (const std::string& name : source.config->secrets)
      if (!project.secrets.contains(name)) names.insert(name);
  if (names.empty()) return {};
  TRY_ASSIGN(const FoundSecrets found,
             find_project_secrets(app, project, {names.begin(), names.end()}, Adapters::ask, yes));
  if (!found.missing.empty()) return tl::unexpected(missing_secrets(found));
  for (const auto& [name, value] : found.values) project.secrets.insert_or_assign(name, value);
  return {};
}

Result<> use_file(Project& project, const std::string& file) {
  if (file.empty()) return {};
  const auto builds = builds_of(project);
  if (builds.size() > 1)
    return fail(Code::usage, "--file is for one service, and several are built",
                "name the service: -S " + builds.front().service->name);
  builds.front().config->dockerfile = file;
  return {};
}

}  // namespace

bool has_builds(const Project& project) {
  return std::any_of(project.config.services.begin(), project.config.services.end(),
                     [](const ServiceConfig& service) { return service.build.has_value(); });
}

Result<> build_images(App& app, Project& project, const BuildRequest& request) {
  if (builds_of(project).empty())
    return fail(Code::usage, "no service has `build`: there is nothing to build",
                "docs/build.md says how one is built");
  TRY(use_file(project, request.file));
  TRY(find_build_secrets(app, project, request.yes));
  TRY_ASSIGN(SourceVersion source, version_of(app, project, request.version));
  if (source.dirty && !request.version)
    app.reporter.note(
        fmt::format("there are changes that are not committed: this is {}", source.version));
  TRY_ASSIGN(LocalEngine engine, find_local_engine(app, project.config));
  const LocalEngine builder = engine;
  const bool to_local = request.push && project.config.builder.registry.is_local();
  std::optional<RegistryClient> registry;
  if (request.push && !to_local) {
    TRY(find_registry_password(app, project, request.yes));
    TRY_ASSIGN(RegistryClient client, RegistryClient::open(app, project, engine));
    registry.emplace(std::move(client));
    TRY(registry->log_in());
  }
  if (request.before) TRY(request.before(source.version));
  TRY_ASSIGN(PrivateFolder folder, PrivateFolder::make(app.files));
  phase(app, fmt::format("Build {} with {}", source.version, to_string(engine.kind)));
  TRY(Builder(app, project, request, std::move(engine), std::move(source), std::move(folder))
          .run());
  if (to_local) return push_locally(app, project, builder);
  return registry ? push_images(app, project, *registry) : Result<>();
}

Result<> find_built_images(App& app, Project& project, const std::optional<std::string>& version) {
  const auto builds = builds_of(project);
  if (builds.empty()) return {};
  TRY_ASSIGN(const SourceVersion source, version_of(app, project, version));
  const auto engine = find_local_engine(app, project.config);
  if (!engine && engine.error().code == Code::interrupted) return tl::unexpected(engine.error());
  for (const auto& [service, config] : builds) {
    service->image = config->image(source.version);
    if (!engine) continue;
    TRY_ASSIGN(const LocalImage image, local_image(app, *engine, service->image));
    config->digest = digest_of(*engine, image, config->repository);
    // What was never pushed is not what the registry has by that tag.
    if (project.config.builder.registry.exists() && config->digest.empty()) continue;
    config->image_id = image.id;
    config->architecture = image.architecture;
    config->size = image.size;
  }
  return {};
}

std::map<std::string, std::map<std::string, std::string>> built_ids(const Project& project) {
  std::map<std::string, std::map<std::string, std::string>> ids;
  for (const ServiceConfig& service : project.config.services) {
    if (!service.build || service.build->image_id.empty()) continue;
    for (const std::string& host : service.hosts)
      ids[host][service.image] =
          service.build->digest.empty() ? service.build->image_id : service.build->pinned();
  }
  return ids;
}

}  // namespace segue
