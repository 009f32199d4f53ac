#include "builder.hpp"

#include "build_machine.hpp"
#include "image_push.hpp"
#include "lock_owner.hpp"
#include "output_lines.hpp"
#include "private_folder.hpp"
#include "project_secrets.hpp"
#include "registry_password.hpp"
#include "source_version.hpp"

#include "segue/base/text.hpp"
#include "segue/model/image_labels.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/wall_clock.hpp"
#include "segue/plan/build_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

namespace segue {
namespace {

using Labels = std::map<std::string, std::string>;

struct Source {
  ServiceConfig* service = nullptr;
  BuildConfig* config = nullptr;  // its own
};

bool takes_part(const Project& project, const ServiceConfig& service, const std::string& host) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return (project.services.empty() || has(project.services, service.name)) &&
         has(project.hosts, host);
}

std::vector<Source> builds_of(Project& project) {
  std::vector<Source> builds;
  for (ServiceConfig& service : project.config.services) {
    const bool here = std::ranges::any_of(
        service.hosts, [&](const std::string& host) { return takes_part(project, service, host); });
    if (service.build && here) builds.push_back({&service, &*service.build});
  }
  return builds;
}

// Of hosts that say what they are, or were asked; what comes out is compared with the others.
std::set<std::string> platforms_of(const Project& project, const ServiceConfig& service) {
  std::set<std::string> found;
  for (const std::string& host : service.hosts)
    if (const std::string architecture = project.architecture(host); !architecture.empty())
      found.insert(architecture);
  return found;
}

struct Build {
  ServiceConfig* service = nullptr;
  BuildConfig* config = nullptr;
  std::string platform;  // amd64; empty: what the engine makes by itself
  std::string tag;
  std::string title;     // "web"; "web-arm64" where it is one of several
  bool foreign = false;  // no architecture of the machine that builds
  bool wants_buildkit = false;
  BuildCache cache;
  LocalImage before;  // of the same name
  Labels labels;      // what is written on it
  Labels fresh;       // if it comes out different from what there was
  std::string id;     // of what came out
};

class Builder {
 public:
  Builder(App& app, Project& project, const BuildRequest& request, BuildMachine& machine,
          SourceVersion source, PrivateFolder folder)
      : app_(app),
        project_(project),
        request_(request),
        machine_(machine),
        source_(std::move(source)),
        folder_(std::move(folder)) {
    for (const auto& [name, value] : project_.secrets) redactions_.add(value);
  }

  Result<> run() {
    std::vector<Error> wrong;
    std::vector<Build> builds;
    for (const Source& source : builds_of(project_)) {
      auto prepared = prepare(source);
      if (!prepared) wrong.push_back(std::move(prepared.error()));
      if (prepared) std::ranges::move(*prepared, std::back_inserter(builds));
    }
    app_.reporter.diagnostics(wrong, project_.texts, "error");
    if (!wrong.empty()) return fail(Code::usage, "");
    // What architectures have in common is in Podman's cache once: when both make it at the same
    // time, the next build finds only one of them, and makes the other one anew.
    std::vector<Build> second;
    if (machine_.engine().kind == EngineKind::podman) {
      const auto is_second = [&](const Build& build) {
        return build.tag != build.service->image && build.platform != "amd64";
      };
      const auto from = std::ranges::stable_partition(builds, std::not_fn(is_second));
      std::ranges::move(from, std::back_inserter(second));
      builds.erase(from.begin(), builds.end());
    }
    TRY(build_all(std::move(builds)));
    return build_all(std::move(second));
  }

 private:
  Result<> build_all(std::vector<Build> builds) {
    if (builds.empty()) return {};
    TRY(run_all(builds));
    std::vector<Build> again;
    for (Build& build : builds)
      if (differs(build)) again.push_back(std::move(build));
    return again.empty() ? Result<>() : run_all(again);
  }

  // One for each architecture that its hosts have.
  Result<std::vector<Build>> prepare(const Source& source) {
    ServiceConfig& service = *source.service;
    BuildConfig& config = *source.config;
    if (auto folder = check_paths(config); !folder) {
      Error& error = folder.error();
      error.what = fmt::format("`build` of {}: {}", service.name, error.what);
      error.at = config.at;
      return tl::unexpected(std::move(error));
    }
    service.image = config.image(source_.version);
    config.images.clear();
    std::set<std::string> platforms = platforms_of(project_, service);
    if (platforms.empty()) platforms.insert("");
    std::vector<Build> builds;
    for (const std::string& platform : platforms) {
      const std::string more = platforms.size() > 1 ? "-" + platform : "";
      Build build;
      build.service = source.service;
      build.config = source.config;
      build.platform = platform;
      build.tag = service.image + more;
      build.title = service.name + more;
      TRY(choose_builder(build));
      TRY(label(build));
      builds.push_back(std::move(build));
    }
    return builds;
  }

  // Docker has two: the classic one knows neither secrets nor other platforms nor other caches.
  Result<> choose_builder(Build& build) {
    BuildCacheConfig wanted = project_.config.builder.cache;
    if (request_.no_cache) wanted.type = BuildCacheConfig::Type::none;
    if (wanted.type == BuildCacheConfig::Type::local && !wanted.path.starts_with('/') &&
        !project_.config.builder.remote)
      wanted.path = project_.folder + "/" + wanted.path;
    const LocalEngine& engine = machine_.engine();
    build.foreign = !build.platform.empty() && build.platform != engine.architecture;
    const bool other_cache = wanted.type != BuildCacheConfig::Type::engine &&
                             wanted.type != BuildCacheConfig::Type::none;
    BuilderAbilities able{engine.kind, false, "", false};
    const bool one_of_several = build.tag != build.service->image;
    // Its variable chooses a builder for `docker build`, too, which then keeps what it makes.
    const bool chosen = engine.kind == EngineKind::docker && !project_.config.builder.remote &&
                        environment_variable("BUILDX_BUILDER").has_value();
    if (other_cache || build.foreign || one_of_several || chosen) {
      TRY_ASSIGN(able, machine_.abilities());
    }
    if (build.foreign && one_of_several && engine.kind == EngineKind::docker && !able.has_buildx)
      return fail(
          Code::usage,
          fmt::format("the hosts of {} are of two architectures, and Docker's classic "
                      "builder makes images for its own",
                      build.service->name),
          "install Docker's buildx plugin where images are built (Debian 13: docker-buildx), "
          "or build with Podman (builder.engine: podman)");
    auto cache = build_cache(wanted, able, build.title);
    if (!cache) {
      cache.error().at = wanted.at;
      return tl::unexpected(cache.error());
    }
    build.cache = std::move(*cache);
    build.cache.needs_buildx = build.cache.needs_buildx || (chosen && able.has_buildx);
    const bool secret = !build.config->secrets.empty();
    // All of several: the classic builder tells the Dockerfile no TARGETARCH.
    const bool platforms = (build.foreign || one_of_several) && able.has_buildx;
    build.wants_buildkit = engine.kind == EngineKind::docker && (secret || platforms);
    return {};
  }

  // Who built it first, and when, stays with an image that comes out the same: else each build
  // would make another one, and each deploy roll.
  Result<> label(Build& build) {
    const Identity identity{project_.config.project, project_.config.environment};
    build.fresh = {{image_label::kProject, identity.project},
                   {image_label::kService, build.service->name},
                   {image_label::kVersion, source_.version},
                   {image_label::kCreated, utc_text(now_seconds())},
                   {image_label::kInitiator, make_holder("build", request_.initiator, "").who}};
    if (!identity.environment.empty())
      build.fresh[image_label::kEnvironment] = identity.environment;
    if (!source_.revision.empty() && !build.config->is_address())
      build.fresh[image_label::kRevision] = source_.revision;
    build.labels = build.fresh;
    TRY_ASSIGN(build.before, machine_.image(build.tag));
    for (const char* name : {image_label::kCreated, image_label::kInitiator})
      if (build.before.labels.contains(name) && !request_.no_cache)
        build.labels[name] = build.before.labels.at(name);
    return {};
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

  BuildOrder order(const Build& build) const {
    const BuildConfig& config = *build.config;
    const LocalEngine& engine = machine_.engine();
    BuildOrder order;
    order.service = build.title;
    order.context = config.context;
    order.is_address = config.is_address();
    auto& words = order.options;
    const auto add = [&](std::string option, std::string value) {
      words.push_back(std::move(option));
      words.push_back(std::move(value));
    };
    // The other format of Podman has no health checks, and another id once it is sent.
    if (engine.kind == EngineKind::podman) add("--format", "docker");
    add("--tag", build.tag);
    if (!config.dockerfile.empty()) order.dockerfile = dockerfile(config);
    if (!config.target.empty()) add("--target", config.target);
    const bool one_of_several = build.tag != build.service->image;
    if (one_of_several || build.foreign) add("--platform", "linux/" + build.platform);
    for (const auto& [name, value] : config.args) add("--build-arg", name + "=" + value);
    for (const auto& [name, value] : build.labels) add("--label", name + "=" + value);
    words.insert(words.end(), build.cache.options.begin(), build.cache.options.end());
    if (build.cache.needs_buildx) order.verb = {"buildx", "build", "--load"};
    // By names that nothing else gives a meaning to.
    for (size_t i = 0; i < config.secrets.size(); ++i) {
      const std::string variable = fmt::format("SEGUE_BUILD_SECRET_{}", i);
      add("--secret", fmt::format("id={},env={}", config.secrets[i], variable));
      order.secrets.emplace(variable, config.secrets[i]);
    }
    if (build.wants_buildkit) order.environment["DOCKER_BUILDKIT"] = "1";
    if (config.is_address()) order.environment["GIT_TERMINAL_PROMPT"] = "0";
    return order;
  }

  Result<> run_all(std::vector<Build>& builds) {
    std::vector<OutputLines> lines;
    std::vector<BuildOrder> orders;
    lines.reserve(builds.size());
    for (Build& build : builds) {
      lines.emplace_back(app_.reporter, build.title, redactions_);
      orders.push_back(order(build));
      orders.back().on_output = [&last = lines.back()](std::string_view bytes) { last.add(bytes); };
    }
    TRY_ASSIGN(const auto ids, machine_.build(orders, folder_.path()));
    std::optional<Error> failure;
    for (size_t i = 0; i < builds.size(); ++i) {
      lines[i].end_line();
      if (!ids[i]) failure = shown(builds[i], ids[i].error(), lines[i].last());
    }
    if (failure) return fail(failure->code, "");
    for (size_t i = 0; i < builds.size(); ++i) TRY(learn(builds[i], *ids[i]));
    return {};
  }

  Error shown(const Build& build, Error error, const std::string& last) {
    if (!last.empty()) error.what += "\n" + last;
    error.what = fmt::format("the build of {} failed: {}", build.title, error.what);
    if (contains(error.what, "buildx component is missing"))
      error.hint =
          "the secrets of a build need it: install Docker's buildx plugin, or build with Podman "
          "(builder.engine: podman)";
    else if (contains(error.what, "ache export is not supported"))
      error.hint =
          "make a builder that can, where images are built: docker buildx create --use; or write "
          "`cache: true`";
    else if (contains(error.what, "exec format error"))
      error.hint =
          "the machine that builds can't run programs of another architecture: install "
          "qemu-user-static there, or let one of that architecture build (builder.remote)";
    else if (contains(error.what, "no space left on device"))
      error.hint =
          "free some space where images are built: segue services prune --builder-cache; nothing "
          "was changed on any host";
    if (error.hint.empty()) error.hint = "nothing was changed on any host";
    app_.reporter.error(error);
    return error;
  }

  // By its id from now on: the name may be somebody else's the next moment.
  Result<> learn(Build& build, const std::string& id) {
    TRY_ASSIGN(const LocalImage image, machine_.image(id));
    if (image.id.empty())
      return fail(Code::failed, fmt::format("{} is gone: it was just built", build.tag));
    if (!build.platform.empty() && image.architecture != build.platform)
      return fail(Code::failed,
                  fmt::format("{} is built for {}, although {} was asked for", build.tag,
                              image.architecture, build.platform),
                  "this builder makes no other: install Docker's buildx plugin, or build with "
                  "Podman (builder.engine: podman); is the base image there for both?");
    build.id = image.id;
    build.config->images[image.architecture] = {image.id, image.size};
    return {};
  }

  static bool differs(Build& build) {
    if (build.labels == build.fresh || build.id == build.before.id) return false;
    build.labels = build.fresh;
    return true;
  }

  App& app_;
  Project& project_;
  const BuildRequest& request_;
  BuildMachine& machine_;
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

// By which the registry has it, as far as this machine's engine knows. Podman names the digest of
// what it keeps itself, which is not that of what it has pushed.
std::string digest_of(const LocalEngine& engine, const LocalImage& image,
                      const std::string& repository) {
  if (engine.kind == EngineKind::podman) return {};
  for (const std::string& digest : image.digests)
    if (digest.starts_with(repository + "@")) return digest.substr(repository.size() + 1);
  return {};
}

// By its name; by those of its architectures where it was built for several.
Result<> look_for(BuildMachine& machine, const Project& project, const ServiceConfig& service,
                  BuildConfig& config) {
  for (const char* more : {"", "-amd64", "-arm64"}) {
    TRY_ASSIGN(const LocalImage image, machine.image(service.image + more));
    if (image.id.empty()) continue;
    const std::string digest = digest_of(machine.engine(), image, config.repository);
    // What was never pushed is not what the registry has by that tag.
    if (!project.config.builder.registry.exists() || !digest.empty())
      config.images[image.architecture] = {image.id, image.size, digest};
    if (*more == '\0') break;
  }
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
  TRY_ASSIGN(BuildMachine machine, BuildMachine::find(app, project));
  const bool to_local = request.push && project.config.builder.registry.is_local();
  if (request.push && !to_local) {
    TRY(find_registry_password(app, project, request.yes));
    TRY(machine.log_in());
  }
  if (request.before) TRY(request.before(source.version));
  TRY_ASSIGN(PrivateFolder folder, PrivateFolder::make(app.files));
  phase(app, fmt::format("Build {} with {}", source.version, machine.title()));
  TRY(Builder(app, project, request, machine, std::move(source), std::move(folder)).run());
  if (!request.push) return {};
  std::vector<ServiceConfig*> services;
  for (const Source& build : builds_of(project)) services.push_back(build.service);
  phase(app, "Push to " + project.config.builder.registry.host());
  return push_images(app, project, machine, services);
}

Result<std::string> version_to_build(App& app, const Project& project,
                                     const std::optional<std::string>& named) {
  return version_of(app, project, named).map([](const SourceVersion& source) {
    return source.version;
  });
}

Result<> find_built_images(App& app, Project& project, const std::optional<std::string>& version) {
  const auto builds = builds_of(project);
  if (builds.empty()) return {};
  TRY_ASSIGN(const SourceVersion source, version_of(app, project, version));
  auto machine = BuildMachine::find(app, project);
  if (!machine && machine.error().code == Code::interrupted) return tl::unexpected(machine.error());
  if (!machine && project.config.builder.remote)
    app.reporter.note("what was built there is not known: " + to_string(machine.error()));
  for (const auto& [service, config] : builds) {
    service->image = config->image(source.version);
    if (!machine) continue;
    TRY(look_for(*machine, project, *service, *config));
  }
  return {};
}

Result<ImageArchive> save_built_image(App& app, const Project& project, const std::string& id) {
  if (!project.remote_builder) {
    TRY_ASSIGN(const LocalEngine engine, find_local_engine(app, project.config));
    return ImageArchive::save(app, engine, id);
  }
  return ImageArchive::fetch(
      app, id, [&](const std::string& file) { return project.remote_builder->save(id, file); });
}

std::map<std::string, std::map<std::string, std::string>> built_ids(const Project& project) {
  std::map<std::string, std::map<std::string, std::string>> ids;
  for (const ServiceConfig& service : project.config.services) {
    if (!service.build) continue;
    const auto& images = service.build->images;
    for (const std::string& host : service.hosts) {
      const std::string architecture = project.architecture(host);
      const BuiltImage* image = service.build->image_for(architecture);
      if (architecture.empty() && images.size() == 1) image = &images.begin()->second;
      if (image == nullptr) continue;
      ids[host][service.image] = image->digest.empty() ? image->id : service.build->pinned(*image);
    }
  }
  return ids;
}

bool needs_architectures(const Project& project, bool to_build) {
  for (const ServiceConfig& service : project.config.services) {
    if (!service.build || (!to_build && service.build->images.size() < 2)) continue;
    for (const std::string& host : service.hosts)
      if (takes_part(project, service, host) && project.architecture(host).empty()) return true;
  }
  return false;
}

}  // namespace segue
