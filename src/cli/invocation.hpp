// What the arguments asked for: filled in by CLI11, used when it has finished.
#pragma once
#include "segue/app/app.hpp"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace segue {

struct Invocation {
  CommonOptions common;
  int verbose = 0;
  bool quiet = false;
  bool json = false;
  std::string colour = "auto";
  std::string log_file;
  bool tool_version = false;
  std::function<ExitStatus(App&)> run;  // empty: help is wanted
};

// One function per group of commands; each adds its subcommands, which set `run`.
void add_global_options(CLI::App& app, Invocation& invocation);
void add_deploy_commands(CLI::App& app, Invocation& invocation);
void add_state_commands(CLI::App& app, Invocation& invocation);
void add_audit_command(CLI::App& app, Invocation& invocation);
void add_images_commands(CLI::App& app, Invocation& invocation);
void add_services_commands(CLI::App& app, Invocation& invocation);
void add_registry_commands(CLI::App& app, Invocation& invocation);
void add_lock_commands(CLI::App& app, Invocation& invocation);
void add_proxy_commands(CLI::App& app, Invocation& invocation);
void add_network_commands(CLI::App& app, Invocation& invocation);
void add_server_commands(CLI::App& app, Invocation& invocation);
void add_secrets_commands(CLI::App& app, Invocation& invocation);
void add_project_commands(CLI::App& app, Invocation& invocation);

// An option that takes names with commas between, and may come several times.
void add_list(CLI::App& app, const std::string& names, std::vector<std::string>& target,
              const std::string& help);

// "" when it is seconds, or a length of time; else what it must be.
std::string is_duration(const std::string& text);

// An option that takes such.
void add_duration(CLI::App& app, const std::string& name, Duration& target,
                  const std::string& help);

std::string tool_version_text();  // "0.1.0 (0a1b2c3d4e5f)"

}  // namespace segue
