#include "project_secrets.hpp"

#include "trust.hpp"

#include "segue/base/text.hpp"
#include "segue/config/secret_text.hpp"
#include "segue/os/environment.hpp"
#include "segue/secrets/adapter_source.hpp"
#include "segue/secrets/dotenv.hpp"
#include "segue/secrets/environment_source.hpp"
#include "segue/secrets/value_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

namespace segue {
namespace {

constexpr size_t kLongestDotenv = 1 << 20;

Result<std::unique_ptr<ValueSource>> read_dotenv(App& app, const Project& project) {
  const std::string file = dotenv_file(app, project.folder, project.config.secrets_path);
  std::string text;
  if (app.files.exists(file)) {
    TRY_ASSIGN(text, app.files.read(file, kLongestDotenv));
  }
  const std::string here = working_folder() + "/";
  const std::string shown = file.starts_with(here) ? file.substr(here.size()) : file;
  TRY_ASSIGN(auto values, parse_dotenv(shown, text));
  return std::make_unique<ValueSource>(shown, std::move(values));
}

TrustWish wish_for(const AdapterSettings& settings, const std::vector<std::string>& names) {
  TrustWish wish;
  wish.folder = settings.folder;
  wish.words = {settings.adapter};
  wish.shown = shown_command(settings, names);
  for (const auto& [option, values] : settings.options) {
    if (option == "recipients") continue;  // only who may read the file later
    wish.words.push_back(option + ":");
    wish.words.insert(wish.words.end(), values.begin(), values.end());
    if (option == "command") wish.programs = values;
  }
  return wish;
}

// The file of this environment where it exists, else that of all.
std::string with_environment(App& app, const std::string& folder, const std::string& file,
                             const std::string& ending) {
  const std::string& environment = app.options.environment;
  std::string plain = folder + "/" + file + ending;
  if (environment.empty()) return plain;
  const std::string special = folder + "/" + file + "." + environment + ending;
  return app.files.exists(special) ? special : plain;
}

// Of these servers, and of those that say nothing else.
std::vector<std::string> login_texts(const Config& config,
                                     const std::vector<const ServerConfig*>& servers) {
  std::set<std::string> texts;
  for (const ServerConfig* server : servers) {
    const bool own = !server->keys.empty() || !server->key_data.empty();
    const std::vector<std::string>& data = own ? server->key_data : config.ssh.key_data;
    texts.insert(data.begin(), data.end());
    const std::string& passphrase =
        server->key_passphrase.empty() ? config.ssh.key_passphrase : server->key_passphrase;
    if (!passphrase.empty()) texts.insert(passphrase);
  }
  return {texts.begin(), texts.end()};
}

// Whom a project may have to reach: its servers, or these of them, and who builds.
std::vector<const ServerConfig*> machines(const Config& config,
                                          const std::vector<std::string>* hosts) {
  std::vector<const ServerConfig*> found;
  for (const ServerConfig& server : config.servers)
    if (hosts == nullptr || std::find(hosts->begin(), hosts->end(), server.name) != hosts->end())
      found.push_back(&server);
  if (config.builder.remote) found.push_back(&*config.builder.remote);
  return found;
}

// "${A}-${B}" -> A, B; a name alone is itself.
std::vector<std::string> names_in(const std::string& text) {
  const std::vector<std::string> names = names_in_secret_text(text);
  return names.empty() ? std::vector<std::string>{text} : names;
}

}  // namespace

std::map<std::string, std::vector<std::string>> users_of_secrets(const Config& config) {
  std::map<std::string, std::vector<std::string>> users;
  const auto add = [&](const std::string& secret, const std::string& service) {
    std::vector<std::string>& names = users[secret];
    if (names.empty() || names.back() != service) names.push_back(service);
  };
  for (const ServiceConfig& service : config.services) {
    for (const std::string& secret : secrets_needed(service)) add(secret, service.name);
    if (service.build)
      for (const std::string& secret : service.build->secrets) add(secret, service.name);
    for (const ServiceConfig& route : service.by_route()) {
      if (!route.route || !route.route->ssl || route.route->ssl->is_automatic()) continue;
      add(route.route->ssl->certificate_secret, service.name);
      add(route.route->ssl->key_secret, service.name);
    }
  }
  for (const std::string& secret : secrets_needed(config.builder.registry))
    add(secret, "the registry");
  for (const std::string& text : login_texts(config, machines(config, nullptr)))
    for (const std::string& name : names_in(text)) add(name, "ssh");
  return users;
}

std::string dotenv_file(App& app, const std::string& folder, const std::string& secrets_path) {
  return with_environment(app, folder, secrets_path.empty() ? ".env" : secrets_path, "");
}

AdapterSettings adapter_settings(App& app, const Project& project) {
  AdapterSettings settings{
      project.config.secrets.adapter, project.config.secrets.options, project.folder, {}};
  if (settings.adapter != "age") return settings;
  if (settings.option("file").empty()) {
    const std::string file = with_environment(app, project.folder, ".env", ".age");
    settings.options["file"] = {file.substr(project.folder.size() + 1)};
  }
  if (const auto key = environment_variable("SEGUE_AGE_KEY"); key && !key->empty())
    settings.master_key = Secret(*key + "\n");
  const auto file = environment_variable("SEGUE_AGE_KEY_FILE");
  if (file && !file->empty()) {
    const bool absolute = file->starts_with('/');
    settings.options["identity"] = {absolute ? *file : working_folder() + "/" + *file};
  }
  std::string identity = settings.option("identity");
  if (identity.empty()) identity = "~/.config/segue/age.key";
  settings.options["identity"] = {expand_home(identity)};
  return settings;
}

Result<FoundSecrets> find_project_secrets(App& app, const Project& project, Adapters adapters,
                                          bool yes) {
  std::vector<std::string> names;
  for (const auto& [name, users] : users_of_secrets(project.config)) names.push_back(name);
  return find_project_secrets(app, project, names, adapters, yes);
}

Result<FoundSecrets> find_project_secrets(App& app, const Project& project,
                                          const std::vector<std::string>& names, Adapters adapters,
                                          bool yes) {
  TRY_ASSIGN(const auto dotenv, read_dotenv(app, project));
  std::vector<SecretSource*> sources{dotenv.get()};

  std::unique_ptr<AdapterSource> adapter;
  std::vector<std::string> lacking;
  for (const std::string& name : names)
    if (!dotenv->find(name)) lacking.push_back(name);
  if (!project.config.secrets.adapter.empty()) {
    const AdapterSettings settings = adapter_settings(app, project);
    const TrustWish wish = wish_for(settings, lacking);
    const bool ask = adapters == Adapters::ask && !lacking.empty();
    if (ask) TRY(ask_for_trust(app, wish, yes));
    if (ask || lacking.empty() || is_trusted(app, wish)) {
      adapter = std::make_unique<AdapterSource>(settings, app.signals.wake_fd());
      sources.push_back(adapter.get());
    }
  }
  EnvironmentSource environment;
  if (app.options.host_env) sources.push_back(&environment);
  return find_secrets(names, sources);
}

Result<SecretValues> find_login_secrets(App& app, const Project& project, bool yes) {
  const std::vector<std::string> texts =
      login_texts(project.config, machines(project.config, &project.hosts));
  if (texts.empty()) return SecretValues();
  std::set<std::string> names;
  for (const std::string& text : texts)
    for (const std::string& name : names_in(text)) names.insert(name);
  TRY_ASSIGN(const FoundSecrets found,
             find_project_secrets(app, project, {names.begin(), names.end()}, Adapters::ask, yes));
  if (!found.missing.empty()) return tl::unexpected(missing_secrets(found));
  SecretValues values;
  for (const std::string& text : texts)
    values.insert_or_assign(text, names_in_secret_text(text).empty()
                                      ? found.values.at(text)
                                      : fill_secret_text(text, found.values));
  return values;
}

}  // namespace segue
