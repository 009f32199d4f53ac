#include "registry_password.hpp"

#include "project_secrets.hpp"
#include "trust.hpp"

#include "segue/base/text.hpp"
#include "segue/config/secret_text.hpp"
#include "segue/engine/registry_login.hpp"
#include "segue/os/process.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr const char* kPasswordKey = "builder.registry.password";

// What it prints on the standard output is the password, so only the other stream is shown.
Result<Secret> from_command(App& app, const Project& project, bool yes) {
  const std::vector<std::string>& words = project.config.builder.registry.password_command;
  TrustWish wish{project.folder,
                 {kPasswordKey},
                 words,
                 join(words, " "),
                 "to log in to the registry deploy.yml wants"};
  wish.words.insert(wish.words.end(), words.begin(), words.end());
  TRY(ask_for_trust(app, wish, yes));
  ProcessRequest request;
  request.argv = words;
  request.folder = project.folder;
  auto result = run_process(request, app.signals.wake_fd());
  if (!result) {
    if (result.error().code != Code::interrupted)
      result.error().what = fmt::format("{}: {}", kPasswordKey, result.error().what);
    return tl::unexpected(result.error());
  }
  const std::vector<std::string> said = split_lines(trim(result->error_output));
  if (!result->succeeded())
    return fail(Code::failed,
                fmt::format("{}: {} failed{}", kPasswordKey, words.front(),
                            said.empty() ? "" : ": " + visible(said.back())),
                "what it runs: " + wish.shown);
  Secret password{std::string(trim(result->output))};
  if (password.empty())
    return fail(Code::failed, fmt::format("{}: {} printed nothing", kPasswordKey, words.front()));
  return password;
}

Result<> find_named(App& app, Project& project, bool yes) {
  const std::set<std::string> names = secrets_needed(project.config.builder.registry);
  if (std::ranges::all_of(names, [&](const auto& name) { return project.secrets.contains(name); }))
    return {};
  TRY_ASSIGN(const FoundSecrets found,
             find_project_secrets(app, project, {names.begin(), names.end()}, Adapters::ask, yes));
  if (!found.missing.empty()) return tl::unexpected(missing_secrets(found));
  for (const auto& [name, value] : found.values) project.secrets.insert_or_assign(name, value);
  return {};
}

}  // namespace

Result<> find_registry_password(App& app, Project& project, bool yes) {
  const RegistryConfig& registry = project.config.builder.registry;
  if (!registry.wants_login() || project.secrets.contains(kRegistryPassword)) return {};
  Secret password;
  if (!registry.password_command.empty()) {
    TRY_ASSIGN(password, from_command(app, project, yes));
  } else {
    TRY(find_named(app, project, yes));
    password = registry.password_is_text ? fill_secret_text(registry.password, project.secrets)
                                         : project.secrets.at(registry.password);
  }
  const RegistryLogin login{registry.host(), registry.username};
  project.secrets.insert_or_assign(kRegistryCredentials, registry_credentials(login, password));
  project.secrets.insert_or_assign(kRegistryPassword, std::move(password));
  return {};
}

}  // namespace segue
