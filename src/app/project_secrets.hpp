// The secrets that a project's services name, found where its deploy.yml and the command line say:
// .env, then an adapter, then (--host-env) the caller's environment.
//   TRY_ASSIGN(const FoundSecrets found, find_project_secrets(app, project, {Adapters::ask, yes}));
#pragma once
#include "project.hpp"

#include "segue/secrets/adapter_settings.hpp"
#include "segue/secrets/resolve.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

// Secret -> what uses it: names of services, once each, `the registry`, and `ssh`.
std::map<std::string, std::vector<std::string>> users_of_secrets(const Config& config);

enum class Adapters {
  ask,         // a question when deploy.yml may not run it yet
  if_trusted,  // left out when it may not: `asked` then does not name it
};

Result<FoundSecrets> find_project_secrets(App& app, const Project& project, Adapters adapters,
                                          bool yes);
Result<FoundSecrets> find_project_secrets(App& app, const Project& project,
                                          const std::vector<std::string>& names, Adapters adapters,
                                          bool yes);

// Those with which the hosts that take part are logged in to: texts as deploy.yml has them, made of
// secrets, to their values.
Result<SecretValues> find_login_secrets(App& app, const Project& project, bool yes);

// The file that stands for `.env` in this environment, and whether it is there or not.
std::string dotenv_file(App& app, const std::string& folder, const std::string& secrets_path);

// With defaults filled in: age's file and its key.
AdapterSettings adapter_settings(App& app, const Project& project);

}  // namespace segue
