#include "project.hpp"

#include "contents.hpp"
#include "project_files.hpp"
#include "project_secrets.hpp"
#include "trust.hpp"

#include "segue/base/certificate.hpp"
#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/config/secret_text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/wall_clock.hpp"
#include "segue/secrets/dotenv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace segue {
namespace {

constexpr size_t kLongestFile = kLongestProjectFile;
constexpr std::array<const char*, 4> kPlaces{"deploy.yml", ".segue/deploy.yml", "config/deploy.yml",
                                             ".jiji/deploy.yml"};

std::string parent(const std::string& folder) {
  const size_t slash = folder.rfind('/');
  if (slash == std::string::npos || folder == "/") return {};
  return slash == 0 ? "/" : folder.substr(0, slash);
}

// "deploy.yml" -> "deploy.production.yml"; a file that is called so already is the one.
std::string overlay(const std::string& file, const std::string& environment) {
  if (environment.empty()) return file;
  const size_t dot = file.rfind('.');
  const bool extension = dot != std::string::npos && file.find('/', dot) == std::string::npos;
  const std::string stem = extension ? file.substr(0, dot) : file;
  if (stem.ends_with("." + environment)) return file;
  return stem + "." + environment + (extension ? file.substr(dot) : ".yml");
}

Result<FoundFile> find_file(App& app) {
  const std::string& environment = app.options.environment;
  if (!app.options.config_file.empty()) {
    const std::string folder = parent(app.options.config_file);
    return FoundFile{overlay(app.options.config_file, environment), folder.empty() ? "." : folder};
  }
  const std::string here = working_folder();
  for (std::string folder = here; !folder.empty(); folder = parent(folder)) {
    for (const char* place : kPlaces) {
      const std::string prefix = folder == here ? "" : (folder == "/" ? "/" : folder + "/");
      const std::string file = overlay(prefix + place, environment);
      if (!app.files.exists(file)) continue;
      FoundFile found{file, folder, folder != here};
      TRY(check_found_file(app, found));
      return found;
    }
  }
  const std::string wanted = overlay("deploy.yml", environment);
  return fail(Code::usage, fmt::format("there is no {} in this folder or above it", wanted),
              "make one with `segue init`, or name it with -c FILE");
}

Result<std::vector<std::string>> pick(const std::vector<std::string>& patterns,
                                      const std::vector<std::pair<std::string, std::string>>& known,
                                      const std::string& noun) {
  std::set<std::string> picked;
  for (const std::string& pattern : patterns) {
    bool any = false;
    for (const auto& [name, address] : known) {
      if (!matches_pattern(pattern, name) && !matches_pattern(pattern, address)) continue;
      picked.insert(name);
      any = true;
    }
    std::set<std::string> names;
    for (const auto& [name, address] : known) names.insert(name);
    if (!any)
      return fail(Code::usage, fmt::format("no {} matches \"{}\"", noun, pattern),
                  "there are: " + join({names.begin(), names.end()}, ", "));
  }
  return std::vector<std::string>(picked.begin(), picked.end());
}

Result<> pick_hosts_and_services(App& app, Project& project, bool idle_hosts) {
  std::vector<std::pair<std::string, std::string>> services;
  for (const ServiceConfig& service : project.config.services)
    services.emplace_back(service.name, service.name);
  std::vector<std::pair<std::string, std::string>> hosts;
  for (const ServerConfig& server : project.config.servers) {
    hosts.emplace_back(server.name, server.host);
    for (const auto& [name, value] : server.labels)
      hosts.emplace_back(server.name, name + "=" + value);
  }
  TRY_ASSIGN(project.services, pick(app.options.services, services, "service"));
  TRY_ASSIGN(const std::vector<std::string> named, pick(app.options.hosts, hosts, "host"));
  std::set<std::string> used;
  for (const ServiceConfig& service : project.config.services) {
    const bool part = project.services.empty() ||
                      std::find(project.services.begin(), project.services.end(), service.name) !=
                          project.services.end();
    if (part) used.insert(service.hosts.begin(), service.hosts.end());
  }
  for (const ServerConfig& server : project.config.servers) {
    if (idle_hosts && project.services.empty()) used.insert(server.name);
    const bool wanted =
        named.empty() || std::find(named.begin(), named.end(), server.name) != named.end();
    if (wanted && used.contains(server.name)) project.hosts.push_back(server.name);
  }
  if (!project.hosts.empty()) return {};
  return fail(Code::usage, "no service runs on the hosts that were named",
              "leave out -H or -S, or add the host to the service's hosts");
}

SshTransport ssh_transport(SshConfig::Transport transport) {
  switch (transport) {
    case SshConfig::Transport::native:
      return SshTransport::native;
    case SshConfig::Transport::openssh:
      return SshTransport::openssh;
    case SshConfig::Transport::automatic:
      break;
  }
  return SshTransport::automatic;
}

const SslConfig* own_certificate(const ServiceConfig& service) {
  if (!service.route || !service.route->ssl) return nullptr;
  const SslConfig& ssl = *service.route->ssl;
  return ssl.is_automatic() ? nullptr : &ssl;
}

// What deploy.yml may name without defining it; the file is read when the first name is asked for.
std::function<bool(const std::string&, const std::string&)> outside_names(
    App& app, const std::string& folder) {
  const auto names = std::make_shared<std::optional<std::set<std::string>>>();
  return [&app, folder, names](const std::string& name, const std::string& secrets_path) {
    if (!*names) {
      names->emplace();
      const std::string file = dotenv_file(app, folder, secrets_path);
      const auto text = app.files.read(file, kLongestFile);
      const auto values = parse_dotenv(file, text.value_or(""));
      if (!values) {
        names->reset();
        return true;  // what is wrong with it is said where it is read
      }
      for (const auto& [secret, value] : *values) (*names)->insert(secret);
    }
    return (*names)->contains(name) || (app.options.host_env && environment_variable(name));
  };
}

// Values that are made of secrets stand beside those that they are made of.
Result<> fill_secret_texts(Project& project) {
  for (const ServiceConfig& service : project.config.services) {
    for (const auto& [variable, text] : service.secret_texts) {
      const auto parts = names_in_secret_text(text);
      if (std::ranges::any_of(parts,
                              [&](const auto& part) { return !project.secrets.contains(part); })) {
        project.unknown_secrets.insert(variable);
        continue;
      }
      Secret value = fill_secret_text(text, project.secrets);
      TRY(check_secret_value(variable, value));
      project.secrets.insert_or_assign(text, std::move(value));
    }
  }
  return {};
}

Result<> read_secrets(App& app, Project& project, const ProjectRequest& request) {
  const bool known = request.secrets == SecretsWanted::known;
  const Adapters adapters = known ? Adapters::if_trusted : Adapters::ask;
  TRY_ASSIGN(FoundSecrets found, find_project_secrets(app, project, adapters, request.yes));
  const std::string& adapter = project.config.secrets.adapter;
  const bool unasked =
      known && !adapter.empty() &&
      std::find(found.asked.begin(), found.asked.end(), adapter) == found.asked.end();
  if (!found.missing.empty() && !unasked) return tl::unexpected(missing_secrets(found));
  project.unknown_secrets = {found.missing.begin(), found.missing.end()};
  project.secrets = std::move(found.values);
  project.secret_sources = std::move(found.sources);
  TRY(fill_secret_texts(project));
  if (!found.missing.empty())
    app.reporter.note(fmt::format("{} was not asked for {}: say yes to it once, as in `segue plan`",
                                  adapter, join(found.missing, ", ")));
  return {};
}

// A certificate that can't be served is found here, before any host is asked.
std::vector<Error> wrong_certificates(const Project& project) {
  std::vector<Error> errors;
  const auto check = [&](const ServiceConfig& service) {
    const SslConfig* ssl = own_certificate(service);
    if (ssl == nullptr || !service.route) return;
    if (!project.secrets.contains(ssl->certificate_secret) ||
        !project.secrets.contains(ssl->key_secret))
      return;  // nobody was asked for them
    auto checked =
        check_certificate(project.secrets.at(ssl->certificate_secret),
                          project.secrets.at(ssl->key_secret), service.route->hosts, now_seconds());
    if (checked) return;
    Error& error = checked.error();
    error.what = fmt::format("{} and {}: {}", ssl->certificate_secret, ssl->key_secret, error.what);
    error.at = ssl->at;
    errors.push_back(std::move(error));
  };
  for (const ServiceConfig& service : project.config.services)
    for (const ServiceConfig& route : service.by_route()) check(route);
  return errors;
}

Result<> read_authority_root(App& app, Project& project) {
  ProxyConfig& proxy = project.config.proxy;
  if (proxy.acme_ca_root.empty()) return {};
  const bool absolute = proxy.acme_ca_root.front() == '/';
  const std::string file =
      absolute ? proxy.acme_ca_root : project.folder + "/" + proxy.acme_ca_root;
  auto text = app.files.read(file, kLongestFile);
  if (!text) return fail(Code::usage, "proxy.acme_ca_root: " + text.error().what);
  auto root = read_certificate(*text);
  if (!root) return fail(Code::usage, file + ": " + root.error().what, root.error().hint);
  proxy.acme_ca_root_pem = std::move(*text);
  return {};
}

// ssh reads there which commands to run, on this machine.
bool may_name_commands(const std::string& ssh_config) {
  std::string text = ssh_config;
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::ranges::any_of(
      std::array<std::string_view, 4>{"command", "exec", "include", "provider"},
      [&](std::string_view word) { return contains(text, word); });
}

// What a checkout of somebody else would run on this machine in order to reach a host (rules F2).
Result<> ask_about_ssh_commands(App& app, const Project& project, bool yes) {
  const SshConfig& ssh = project.config.ssh;
  constexpr const char* kWho = "to reach the hosts deploy.yml wants";
  if (!ssh.proxy_command.empty())
    TRY(ask_for_trust(app,
                      {project.folder,
                       {"ssh.proxy_command", ssh.proxy_command},
                       split_words(ssh.proxy_command),
                       ssh.proxy_command,
                       kWho},
                      yes));
  for (const std::string& file : ssh.config_files) {
    if (file.find_first_of("/~") == 0) continue;
    const auto text = app.files.read(project.folder + "/" + file, kLongestFile);
    if (!text || !may_name_commands(*text)) continue;
    TRY(ask_for_trust(
        app, {project.folder, {"ssh.config", file}, {file}, "the commands in " + file, kWho}, yes));
  }
  return {};
}

NamedSecret login_secret(const Project& project, const std::string& text) {
  const auto found = project.login_secrets.find(text);
  if (found == project.login_secrets.end()) return {};
  const std::vector<std::string> names = names_in_secret_text(text);
  return {names.empty() ? text : join(names, ", "), found->second};
}

// A server that names keys of its own has no others.
void add_keys(Endpoint& endpoint, const ServerConfig& server, const Project& project) {
  const SshConfig& ssh = project.config.ssh;
  const bool own = !server.keys.empty() || !server.key_data.empty();
  endpoint.keys = own ? server.keys : ssh.keys;
  for (const std::string& name : own ? server.key_data : ssh.key_data)
    endpoint.key_data.push_back(login_secret(project, name));
  endpoint.key_passphrase = login_secret(
      project, server.key_passphrase.empty() ? ssh.key_passphrase : server.key_passphrase);
}

}  // namespace

std::vector<Endpoint> Project::endpoints() const {
  std::vector<Endpoint> endpoints;
  for (const ServerConfig& server : config.servers) {
    endpoints.push_back(endpoint(server));
    endpoints.back().lends = lends;
  }
  return endpoints;
}

Endpoint Project::endpoint(const ServerConfig& server) const {
  Endpoint endpoint;
  endpoint.name = server.name;
  endpoint.address = server.host;
  endpoint.local = server.is_local() && !config.ssh.user && !config.ssh.port;
  endpoint.user = server.user ? server.user : config.ssh.user;
  endpoint.port = server.port ? server.port : config.ssh.port;
  add_keys(endpoint, server, *this);
  endpoint.read_ssh_config = config.ssh.read_config;
  const std::vector<std::string>& files = config.ssh.config_files;
  if (!files.empty()) {
    endpoint.ssh_config_file = files.front();
    endpoint.more_config_files = {files.begin() + 1, files.end()};
  }
  endpoint.connect_timeout = config.ssh.connect_timeout;
  endpoint.command_timeout = config.ssh.command_timeout;
  endpoint.transport = ssh_transport(config.ssh.transport);
  endpoint.keys_only = config.ssh.keys_only;
  endpoint.proxy = config.ssh.proxy;
  endpoint.proxy_command = config.ssh.proxy_command;
  endpoint.keepalive = config.ssh.keepalive;
  endpoint.dns_retries = config.ssh.dns_retries;
  return endpoint;
}

std::string Project::architecture(const std::string& host) const {
  if (const auto heard = architectures.find(host); heard != architectures.end())
    return heard->second;
  const ServerConfig* server = config.server(host);
  return server == nullptr ? "" : server->arch;
}

Result<Project> open_project(App& app, const ProjectRequest& request) {
  TRY_ASSIGN(const FoundFile found, find_file(app));
  auto text = app.files.read(found.file, kLongestFile);
  if (!text) return fail(Code::usage, text.error().what, "name the file with -c FILE");
  LoadRequest load{found.file, std::move(*text), app.options.environment, request.version};
  load.read = [&](const std::string& file) { return read_project_file(app, found, file); };
  load.has_secret = outside_names(app, found.folder);
  LoadedConfig loaded = load_config(load);
  app.reporter.diagnostics(loaded.errors, loaded.texts, "error");
  if (!loaded.config) return fail(Code::usage, "");
  app.reporter.diagnostics(loaded.notes, loaded.texts, "note");
  Project project;
  project.config = std::move(*loaded.config);
  project.texts = std::move(loaded.texts);
  project.document = std::move(loaded.document);
  project.folder = found.folder;
  TRY(pick_hosts_and_services(app, project, request.idle_hosts));
  if (!request.offline) {
    TRY(ask_about_ssh_commands(app, project, request.yes));
    TRY_ASSIGN(project.login_secrets, find_login_secrets(app, project, request.yes));
  }
  if (request.secrets != SecretsWanted::none) {
    TRY(resolve_project(app, project, request));
    TRY(find_contents(app, project));
  }
  return project;
}

Result<> resolve_project(App& app, Project& project, const ProjectRequest& request) {
  TRY(read_secrets(app, project, request));
  TRY(read_authority_root(app, project));
  const std::vector<Error> wrong = wrong_certificates(project);
  app.reporter.diagnostics(wrong, project.texts, "error");
  if (!wrong.empty()) return fail(Code::usage, "");
  return {};
}

}  // namespace segue
