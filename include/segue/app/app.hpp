// The use cases, one function per command, and what they need. A struct of references wires them;
// it has no logic.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/base/exit_status.hpp"
#include "segue/os/files.hpp"
#include "segue/os/signals.hpp"
#include "segue/remote/endpoint.hpp"
#include "segue/remote/transport.hpp"
#include "segue/ui/reporter.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace segue {

// The options that every command knows.
struct CommonOptions {
  std::string config_file;            // -c; empty: looked for
  std::string environment;            // -e
  std::vector<std::string> hosts;     // -H: names, addresses, * and ?
  std::vector<std::string> services;  // -S
  bool host_env = false;
  bool interactive = false;  // somebody can be asked
};

struct App {
  CommonOptions options;
  Files& files;
  Reporter& reporter;
  Signals& signals;
  std::string tool_version;  // "0.1.0 (fddd1fa)"
  // How hosts are reached; empty: by SSH and local shells.
  std::function<std::unique_ptr<Transport>(std::vector<Endpoint>)> connect = nullptr;
};

struct DeployOptions {
  std::optional<std::string> version;
  bool yes = false;
  std::string initiator;  // empty: user@machine
  std::string message;
  Duration lock_timeout{0};  // how long to wait for who holds the lock
  bool build = false;        // first, what has to be built
  bool no_cache = false;     // of the engine that builds
  std::string file;          // instead of the service's Dockerfile; empty: none
};

struct BuildOptions {
  std::optional<std::string> version;
  bool no_cache = false;
  std::string initiator;
  bool push = false;
  bool yes =
      false;  // what deploy.yml names for hooks, secrets and the registry's password may be run
  std::string file;  // instead of the service's Dockerfile; empty: none
};
ExitStatus build(App& app, const BuildOptions& options);

struct RegistryOptions {
  bool yes = false;  // what deploy.yml names for the password may be run
  std::string initiator;
};
ExitStatus registry_login(App& app, const RegistryOptions& options);
ExitStatus registry_logout(App& app, const RegistryOptions& options);
// Of this machine (builder.registry.type: local).
ExitStatus registry_setup(App& app);
ExitStatus registry_remove(App& app);

ExitStatus deploy(App& app, const DeployOptions& options);

struct RollbackOptions {
  std::string release;  // id, number or version; empty: the one before what runs
  bool yes = false;
  std::string initiator;
  std::string message;
  Duration lock_timeout{0};
};
ExitStatus rollback(App& app, const RollbackOptions& options);

struct PlanOptions {
  std::optional<std::string> version;
  bool yes = false;  // deploy.yml may run what it names for secrets
};
ExitStatus plan(App& app, const PlanOptions& options);
ExitStatus status(App& app);
ExitStatus deploys_list(App& app);
ExitStatus deploys_show(App& app, const std::string& release);  // empty: the newest
struct AuditOptions {
  // UTC, as much of "2026-11-21T04:17:30Z" as matters; empty: no limit. What `until` names is
  // shown.
  std::string since;
  std::string until;
  std::string action;  // empty: every one
  std::string status;
  int newest = 50;  // so many at most; 0: all
  bool follow = false;
};
ExitStatus audit(App& app, const AuditOptions& options);

ExitStatus images_list(App& app);
ExitStatus images_show(App& app, const std::string& service);
struct PruneOptions {
  std::optional<int> retain;  // instead of what deploy.yml says
  bool dry_run = false;
  bool yes = false;
  bool builder_cache = false;  // and what builds have left on this machine
};
ExitStatus services_prune(App& app, const PruneOptions& options);

struct ServerExecOptions {
  std::vector<std::string> words;   // one: a line for the shell; several: a program's arguments
  size_t parallel = 0;              // so many hosts at a time; 0: all at once
  bool continue_on_error = false;   // hosts are begun after one has failed
  std::optional<Duration> timeout;  // on each host
  bool interactive = false;         // on one host, on our terminal, by the system's ssh
};
ExitStatus server_exec(App& app, const ServerExecOptions& options);
// Does not return where the system's ssh takes over.
ExitStatus server_ssh(App& app);
// What stands in the way of a deploy, and how it is mended.
ExitStatus server_doctor(App& app);

ExitStatus lock_status(App& app, bool in_full);
struct LockOptions {
  std::string message;
  Duration timeout{0};  // how long to wait for who holds it
  Duration ttl{0};      // 0: until it is released
  bool force = false;   // take it, whoever holds it
};
ExitStatus lock_acquire(App& app, const LockOptions& options);
ExitStatus lock_release(App& app, bool force);
ExitStatus recover(App& app, bool yes);
ExitStatus secrets_print(App& app, bool show_values, bool yes);
ExitStatus secrets_edit(App& app);
ExitStatus secrets_rotate(App& app);
ExitStatus config_validate(App& app, const std::optional<std::string>& version);
ExitStatus config_show(App& app, const std::optional<std::string>& version);
ExitStatus config_schema(App& app);

// A private network between hosts does not work yet: the first says that there is none, the second
// refuses.
ExitStatus network_look(App& app);
ExitStatus network_change(App& app, const std::string& command);

ExitStatus proxy_status(App& app);
ExitStatus proxy_reboot(App& app, bool yes);
ExitStatus proxy_gc(App& app, bool yes);
struct LogOptions {
  int lines = 100;
  bool follow = false;
};
ExitStatus proxy_logs(App& app, const LogOptions& options);

// What is not given is asked for where somebody can answer, else it has its default.
struct InitOptions {
  std::string project;  // empty: the folder's name
  std::optional<std::string> host;
  std::optional<std::string> engine;
  std::optional<std::string> service;
  std::optional<std::string> image;
  std::optional<int> app_port;
  std::optional<std::string> domain;
  bool overwrite = false;
};
ExitStatus init(App& app, const InitOptions& options);

}  // namespace segue
