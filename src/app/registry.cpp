// `segue registry login` and `logout`: whether the credentials do, here and on each host; and that
// nothing is left of them. `setup` and `remove`: the registry of this machine.
#include "segue/host/registry.hpp"

#include "audit_entry.hpp"
#include "hosts.hpp"
#include "local_registry.hpp"
#include "registry_client.hpp"
#include "registry_password.hpp"

#include "segue/host/problem.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

class Registry {
 public:
  Registry(App& app, Project& project, const RegistryOptions& options, const std::string& action)
      : app_(app),
        project_(project),
        registry_(project.config.builder.registry),
        hosts_(app, project),
        audit_(make_audit_entry(app, project, make_holder(action, options.initiator, ""), action)) {
    audit_.detail = registry_.wants_login()
                        ? fmt::format("{} as {}", registry_.host(), registry_.username)
                        : registry_.host();
  }

  Result<> log_in() {
    TRY(here());
    const RegistryLogin login{registry_.host(), registry_.username};
    return everywhere([&](const Layout& layout,
                          const Engine& engine) { return try_login(layout, engine, login); },
                      "registry_login",
                      fmt::format("{} takes the login of {}", login.host, login.username));
  }

  Result<> log_out() {
    return everywhere(
        [](const Layout& layout, const Engine&) { return forget_credentials(layout); },
        "registry_logout", fmt::format("no credentials for {} are left", registry_.host()));
  }

 private:
  // A machine without an engine deploys what others have built.
  Result<> here() {
    const auto engine = find_local_engine(app_, project_.config);
    if (!engine && engine.error().code == Code::interrupted) return tl::unexpected(engine.error());
    if (!engine) {
      app_.reporter.note("not tried on this machine: " + engine.error().what);
      return {};
    }
    TRY_ASSIGN(RegistryClient client, RegistryClient::open(app_, project_, *engine));
    TRY(client.log_in());
    say("registry_login", "this machine",
        fmt::format("{} takes the login of {}", registry_.host(), registry_.username));
    return {};
  }

  template <class Work>
  Result<> everywhere(const Work& work, const std::string& name, const std::string& done) {
    TRY_ASSIGN(const auto facts, all_or_error(app_, hosts_.facts({})));
    std::map<std::string, Script> scripts;
    for (const auto& [host, known] : facts) {
      const Layout layout{known.state_root, {project_.config.project, project_.config.environment}};
      AuditEntry entry = audit_;
      entry.status = "succeeded";
      scripts[host].sections = {work(layout, Engine(known)), append_audit(layout, entry)};
    }
    TRY_ASSIGN(const auto ended, hosts_.run(scripts));
    std::optional<Code> failure;
    for (const auto& [host, end] : ended) {
      const auto* exited = std::get_if<Exited>(&end.outcome);
      if (exited != nullptr && exited->status == 0) {
        say(name, host, done);
        continue;
      }
      const Error error =
          told_problem(end.events, facts.at(host).engine_kind)
              .value_or(Error{Code::failed, "it did not come to its end", "", {}, {}})
              .in("on " + host);
      app_.reporter.error(error);
      failure = error.code;
    }
    if (failure) return fail(*failure, "");
    return {};
  }

  void say(const std::string& name, const std::string& where, const std::string& text) {
    app_.reporter.value(
        name, {{"host", where}, {"server", registry_.host()}, {"username", registry_.username}},
        fmt::format("{}: {}", where, text));
  }

  App& app_;
  Project& project_;
  const RegistryConfig& registry_;
  Hosts hosts_;
  AuditEntry audit_;
};

enum class Work { here, on_hosts };

Result<Project> open_with_registry(App& app, Work work = Work::on_hosts) {
  TRY_ASSIGN(Project project,
             open_project(app, {.version = "none", .offline = work == Work::here}));
  const RegistryConfig& registry = project.config.builder.registry;
  if (registry.exists() || registry.is_local()) return project;
  return fail(Code::usage, "deploy.yml names no registry: images travel through the SSH sessions",
              "docs/registries.md says how one is named");
}

}  // namespace

ExitStatus registry_login(App& app, const RegistryOptions& options) {
  auto project = open_with_registry(app);
  if (!project) return told(app, project.error());
  if (!project->config.builder.registry.wants_login()) {
    app.reporter.note(project->config.builder.registry.host() +
                      " wants no login: it has no username");
    return ExitStatus::done;
  }
  if (const auto found = find_registry_password(app, *project, options.yes); !found)
    return told(app, found.error());
  const auto done = Registry(app, *project, options, "registry login").log_in();
  return done ? ExitStatus::done : told(app, done.error());
}

ExitStatus registry_logout(App& app, const RegistryOptions& options) {
  auto project = open_with_registry(app);
  if (!project) return told(app, project.error());
  const auto done = Registry(app, *project, options, "registry logout").log_out();
  return done ? ExitStatus::done : told(app, done.error());
}

ExitStatus registry_setup(App& app) {
  auto project = open_with_registry(app, Work::here);
  if (!project) return told(app, project.error());
  const RegistryConfig& config = project->config.builder.registry;
  if (!config.is_local()) {
    app.reporter.note(config.host() +
                      " is not of this machine: there is nothing to set up; `segue registry "
                      "login` tries it");
    return ExitStatus::done;
  }
  LocalRegistry registry(app, *project);
  const auto started = registry.ensure();
  if (!started) return told(app, started.error());
  app.reporter.value("registry_setup",
                     {{"server", registry.address()}, {"started", *started ? "true" : "false"}},
                     fmt::format("this machine: the registry {} {}", registry.address(),
                                 *started ? "runs" : "runs already"));
  return ExitStatus::done;
}

ExitStatus registry_remove(App& app) {
  auto project = open_with_registry(app, Work::here);
  if (!project) return told(app, project.error());
  const RegistryConfig& config = project->config.builder.registry;
  if (!config.is_local()) {
    app.reporter.note(config.host() + " is not of this machine: it stays");
    return ExitStatus::done;
  }
  LocalRegistry registry(app, *project);
  const auto removed = registry.remove();
  if (!removed) return told(app, removed.error());
  app.reporter.value(
      "registry_remove", {{"server", registry.address()}, {"removed", *removed ? "true" : "false"}},
      *removed ? fmt::format("this machine: the registry {} is gone, with its images",
                             registry.address())
               : fmt::format("this machine: there is no registry {} of segue", registry.address()));
  return ExitStatus::done;
}

}  // namespace segue
