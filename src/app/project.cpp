#include "project.hpp"

#include "contents.hpp"

#include "segue/base/certificate.hpp"
#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/wall_clock.hpp"
#include "segue/secrets/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace segue {
namespace {

constexpr size_t kLongestFile = 1 << 20;
constexpr std::array<const char*, 4> kPlaces{"deploy.yml", ".segue/deploy.yml", "config/deploy.yml",
                                             ".jiji/deploy.yml"};

struct Found {
  std::string file;
  std::string folder;  // of the project
};

std::string parent(const std::string& folder) {
  const size_t slash = folder.rfind('/');
  if (slash == std::string::npos || folder == "/") return {};
  return slash == 0 ? "/" : folder.substr(0, slash);
}

std::string overlay(const std::string& file, const std::string& environment) {
  return environment.empty() ? file : file.substr(0, file.size() - 4) + "." + environment + ".yml";
}

// A deploy.yml that somebody else put into a folder above must not steer us (rules F2).
Result<> trusted(App& app, const std::string& file) {
  TRY_ASSIGN(const unsigned owner, app.files.owner(file));
  if (owner == current_user_id() || owner == 0) return {};
  return fail(Code::usage, fmt::format("{} belongs to another user", file),
              "if you trust it, name it: segue -c " + file);
}

Result<Found> find_file(App& app) {
  const std::string& environment = app.options.environment;
  if (!app.options.config_file.empty()) {
    const std::string folder = parent(app.options.config_file);
    return Found{overlay(app.options.config_file, environment), folder.empty() ? "." : folder};
  }
  const std::string here = working_folder();
  for (std::string folder = here; !folder.empty(); folder = parent(folder)) {
    for (const char* place : kPlaces) {
      const std::string prefix = folder == here ? "" : (folder == "/" ? "/" : folder + "/");
      const std::string file = overlay(prefix + place, environment);
      if (!app.files.exists(file)) continue;
      if (folder != here) TRY(trusted(app, file));
      return Found{file, folder};
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
    std::vector<std::string> names;
    for (const auto& [name, address] : known) names.push_back(name);
    if (!any)
      return fail(Code::usage, fmt::format("no {} matches \"{}\"", noun, pattern),
                  "there are: " + join(names, ", "));
  }
  return std::vector<std::string>(picked.begin(), picked.end());
}

Result<> pick_hosts_and_services(App& app, Project& project) {
  std::vector<std::pair<std::string, std::string>> services;
  for (const ServiceConfig& service : project.config.services)
    services.emplace_back(service.name, service.name);
  std::vector<std::pair<std::string, std::string>> hosts;
  for (const ServerConfig& server : project.config.servers)
    hosts.emplace_back(server.name, server.host);
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
    const bool wanted =
        named.empty() || std::find(named.begin(), named.end(), server.name) != named.end();
    if (wanted && used.contains(server.name)) project.hosts.push_back(server.name);
  }
  if (!project.hosts.empty()) return {};
  return fail(Code::usage, "no service runs on the hosts that were named",
              "leave out -H or -S, or add the host to the service's hosts");
}

const SslConfig* own_certificate(const ServiceConfig& service) {
  if (!service.route || !service.route->ssl) return nullptr;
  const SslConfig& ssl = *service.route->ssl;
  return ssl.is_automatic() ? nullptr : &ssl;
}

Result<> read_secrets(App& app, Project& project) {
  std::set<std::string> names;
  for (const ServiceConfig& service : project.config.services) {
    names.insert(service.secrets.begin(), service.secrets.end());
    if (const SslConfig* ssl = own_certificate(service))
      names.insert({ssl->certificate_secret, ssl->key_secret});
  }
  if (names.empty()) return {};
  std::string file = project.folder + "/.env";
  const std::string special = file + "." + app.options.environment;
  if (!app.options.environment.empty() && app.files.exists(special)) file = special;
  std::string text;
  if (app.files.exists(file)) {
    TRY_ASSIGN(text, app.files.read(file, kLongestFile));
  }
  TRY_ASSIGN(project.secrets, resolve_secrets({names.begin(), names.end()}, file, text));
  return {};
}

// A certificate that can't be served is found here, before any host is asked.
std::vector<Error> wrong_certificates(const Project& project) {
  std::vector<Error> errors;
  for (const ServiceConfig& service : project.config.services) {
    const SslConfig* ssl = own_certificate(service);
    if (ssl == nullptr || !service.route) continue;
    auto checked =
        check_certificate(project.secrets.at(ssl->certificate_secret),
                          project.secrets.at(ssl->key_secret), service.route->hosts, now_seconds());
    if (checked) continue;
    Error& error = checked.error();
    error.what = fmt::format("{} and {}: {}", ssl->certificate_secret, ssl->key_secret, error.what);
    error.at = ssl->at;
    errors.push_back(std::move(error));
  }
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

}  // namespace

std::vector<Endpoint> Project::endpoints() const {
  std::vector<Endpoint> endpoints;
  for (const ServerConfig& server : config.servers) {
    Endpoint endpoint;
    endpoint.name = server.name;
    endpoint.address = server.host;
    endpoint.local = server.is_local() && !config.ssh.user && !config.ssh.port;
    endpoint.user = server.user ? server.user : config.ssh.user;
    endpoint.port = server.port ? server.port : config.ssh.port;
    endpoint.keys = server.keys.empty() ? config.ssh.keys : server.keys;
    endpoint.read_ssh_config = config.ssh.read_config;
    endpoint.ssh_config_file = config.ssh.config_file;
    endpoint.connect_timeout = config.ssh.connect_timeout;
    endpoint.command_timeout = config.ssh.command_timeout;
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

Result<Project> open_project(App& app, const ProjectRequest& request) {
  TRY_ASSIGN(const Found found, find_file(app));
  auto text = app.files.read(found.file, kLongestFile);
  if (!text) return fail(Code::usage, text.error().what, "name the file with -c FILE");
  LoadedConfig loaded = load_config({found.file, *text, app.options.environment, request.version});
  app.reporter.diagnostics(loaded.errors, *text, "error");
  if (!loaded.config) return fail(Code::usage, "");
  app.reporter.diagnostics(loaded.notes, *text, "note");
  Project project;
  project.config = std::move(*loaded.config);
  project.folder = found.folder;
  TRY(pick_hosts_and_services(app, project));
  if (request.secrets) {
    TRY(resolve_project(app, project, *text));
    TRY(find_contents(app, project, *text));
  }
  return project;
}

Result<> resolve_project(App& app, Project& project, const std::string& file_text) {
  TRY(read_secrets(app, project));
  TRY(read_authority_root(app, project));
  const std::vector<Error> wrong = wrong_certificates(project);
  app.reporter.diagnostics(wrong, file_text, "error");
  if (!wrong.empty()) return fail(Code::usage, "");
  return {};
}

}  // namespace segue
