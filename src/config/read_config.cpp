#include "read_config.hpp"

#include "image_reference.hpp"
#include "names.hpp"
#include "read_build.hpp"
#include "read_command.hpp"
#include "read_extra_routes.hpp"
#include "read_rollout.hpp"
#include "read_secrets.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace segue {
namespace {

std::vector<std::string> read_keys(const MapReader& section, Problems& problems) {
  std::vector<std::string> keys;
  auto texts = section.texts("keys");
  if (const auto single = section.text("key_path")) texts.push_back(*single);
  for (const MapReader::Text& key : texts) {
    if (key.text.empty() || key.text.front() == '-')
      problems.add(key.at, "this is not a path of a key file");
    keys.push_back(key.text);
  }
  return keys;
}

std::vector<std::string> read_key_data(const MapReader& section, Problems& problems) {
  std::vector<std::string> names;
  for (const MapReader::Text& name : section.texts("key_data")) {
    if (!is_capital_name(name.text))
      problems.add(name.at, "this is not the name of a secret",
                   "in capitals; the key itself belongs into .env: DEPLOY_KEY=\"-----BEGIN ...\"");
    names.push_back(name.text);
  }
  return names;
}

// A name alone, or a text with ${NAME}; never the passphrase itself.
std::string read_key_passphrase(const MapReader& section, Problems& problems) {
  const auto given = section.text("key_passphrase");
  if (!given) return {};
  const YamlNode* node = section.node("key_passphrase");
  if (node != nullptr && node->secret) return given->text;
  if (!is_capital_name(given->text))
    problems.add(given->at, "this is not the name of a secret",
                 "in capitals; the passphrase itself belongs into .env");
  return "${" + given->text + "}";
}

std::optional<std::string> read_user(const MapReader& section, Problems& problems) {
  const auto user = section.text("user");
  if (!user) return std::nullopt;
  problems.take(check_login_name(user->text).map([] { return true; }), user->at);
  return user->text;
}

// Each hop is [user@]host[:port]; none may be taken for an option (rules F6).
bool is_jump_list(const std::string& text) {
  const std::vector<std::string> hops = split(text, ',');
  return std::ranges::all_of(hops, [](const std::string& hop) {
    const size_t at = hop.rfind('@');
    const std::string host = at == std::string::npos ? hop : hop.substr(at + 1);
    return !host.empty() && !hop.starts_with('-') && !host.starts_with('-') &&
           hop.find_first_of(" \t\r\n'\"`$\\;&|<>()*?%!") == std::string::npos;
  });
}

void read_ssh_ways(const MapReader& section, SshConfig& ssh, Problems& problems) {
  if (const auto transport = section.text("transport")) {
    if (transport->text == "native") ssh.transport = SshConfig::Transport::native;
    if (transport->text == "openssh") ssh.transport = SshConfig::Transport::openssh;
  }
  ssh.keys_only = section.flag("keys_only").value_or(false);
  ssh.max_concurrent_starts =
      section.number("max_concurrent_starts").value_or(ssh.max_concurrent_starts);
  ssh.dns_retries = section.number("dns_retries").value_or(ssh.dns_retries);
  ssh.keepalive = section.duration("keepalive").value_or(ssh.keepalive);
  const auto proxy = section.text("proxy");
  const auto command = section.text("proxy_command");
  if (proxy) {
    ssh.proxy = proxy->text;
    if (!is_jump_list(proxy->text))
      problems.add(proxy->at, "this is not a jump host",
                   "[user@]host[:port], several with commas between");
  }
  if (!command) return;
  ssh.proxy_command = command->text;
  if (trim(command->text).empty())
    problems.add(command->at, "`ssh.proxy_command` is empty", "remove it");
  if (proxy)
    problems.add(command->at, "`ssh.proxy` and `ssh.proxy_command` exclude each other",
                 "remove one of them");
  if (ssh.transport == SshConfig::Transport::native)
    problems.add(command->at, "`transport: native` knows no proxy command",
                 "leave `transport` out");
}

void read_ssh(const MapReader& section, SshConfig& ssh, Problems& problems) {
  ssh.user = read_user(section, problems);
  ssh.port = section.number("port");
  ssh.keys = read_keys(section, problems);
  ssh.key_data = read_key_data(section, problems);
  ssh.key_passphrase = read_key_passphrase(section, problems);
  if (const auto flag = section.flag("config")) {
    ssh.read_config = *flag;
  }
  for (const MapReader::Text& file : section.texts("config")) {
    if (section.flag("config")) break;
    constexpr std::array<std::string_view, 6> kNoPaths{"yes", "no", "on", "off", "True", "False"};
    if (std::ranges::count(kNoPaths, file.text) != 0)
      problems.add(file.at, fmt::format("`ssh.config` must be true, false or a path, not \"{}\"",
                                        file.text));
    if (file.text.empty() || file.text.front() == '-' ||
        file.text.find_first_of("\"\n") != std::string::npos)
      problems.add(file.at, "this is not a path of a file");
    ssh.config_files.push_back(file.text);
  }
  read_ssh_ways(section, ssh, problems);
  ssh.connect_timeout = section.duration("connect_timeout").value_or(ssh.connect_timeout);
  ssh.command_timeout = section.duration("command_timeout").value_or(ssh.command_timeout);
}

void read_authority(const MapReader& section, ProxyConfig& proxy, Problems& problems) {
  if (const auto email = section.text("email")) {
    proxy.email = email->text;
    if (email->text.find('@') == std::string::npos ||
        email->text.find_first_of(" <>,") != std::string::npos)
      problems.add(email->at, "this is not an e-mail address", "such as admin@example.com");
  }
  if (const auto url = section.text("acme_ca")) {
    proxy.acme_ca = url->text;
    if (url->text.rfind("https://", 0) != 0 || url->text.find_first_of(" {}") != std::string::npos)
      problems.add(url->at, "`proxy.acme_ca` is the https:// URL of an ACME directory",
                   "such as https://ca.example.com/acme/acme/directory");
  }
  const auto root = section.text("acme_ca_root");
  if (!root) return;
  proxy.acme_ca_root = root->text;
  if (root->text.empty() || root->text.front() == '-')
    problems.add(root->at, "this is not a path of a file");
  else if (proxy.acme_ca.empty())
    problems.add(root->at, "`proxy.acme_ca_root` is there, but `proxy.acme_ca` is not",
                 "add `acme_ca`, or remove this");
}

void read_proxy(const MapReader& section, ProxyConfig& proxy, Problems& problems) {
  proxy.http_port = section.number("http_port").value_or(proxy.http_port);
  proxy.https_port = section.number("https_port").value_or(proxy.https_port);
  if (proxy.http_port == proxy.https_port)
    problems.add(section.place_of(section.has("https_port") ? "https_port" : "http_port"),
                 "`proxy.http_port` and `proxy.https_port` are the same");
  read_authority(section, proxy, problems);
  proxy.extra = read_extra_routes(section, problems);
  const auto image = section.text("image");
  if (!image) return;
  const auto reference = problems.take(parse_image_reference(image->text), image->at);
  if (!reference) return;
  proxy.image = reference->text;
  if (reference->untagged)
    problems.note(image->at, fmt::format("the proxy's image has no tag: {} is used", proxy.image));
}

// `-H` takes a list with commas, in which `name=value` is a label and * and ? are wildcards.
std::map<std::string, std::string> read_labels(const MapReader& section, Problems& problems) {
  constexpr std::string_view kSyntax = "=,*? \t\n";
  std::map<std::string, std::string> labels;
  for (const YamlEntry& entry : section.entries()) {
    const YamlNode& value = *entry.value;
    if (value.kind != YamlNode::Kind::scalar) continue;
    if (entry.key.empty() || entry.key.find_first_of(kSyntax) != std::string::npos)
      problems.add(entry.key_at, "this is not a name of a label", "no blanks, and none of = , * ?");
    else if (value.text.find_first_of(kSyntax) != std::string::npos)
      problems.add(value.at, "this is not a value of a label", "no blanks, and none of = , * ?");
    labels[entry.key] = value.text;
  }
  return labels;
}

// Without one nothing of it means anything.
void read_network(const MapReader& section, Problems& problems) {
  if (section.flag("enabled").value_or(false))
    problems.not_yet(section.place_of("enabled"), "network.enabled: true",
                     "services of one host reach each other by their names; for those of other "
                     "hosts publish `ports`, and set this to false");
}

HooksConfig read_hooks(const MapReader& section, Problems& problems) {
  const auto hook = [&](std::string_view key) {
    Command command = read_words(section, key, "remove it", problems);
    if (!command.words.empty() && command.words.front().empty())
      problems.add(section.place_of(key), fmt::format("`hooks.{}` names no program", key));
    return std::move(command.words);
  };
  return {hook("pre_build"), hook("pre_connect"), hook("pre_deploy"), hook("post_deploy"),
          hook("on_failure")};
}

void read_servers(const MapReader& section, Config& config, Problems& problems) {
  for (const YamlEntry& entry : section.entries()) {
    problems.take(check_server_name(entry.key).map([] { return true; }), entry.key_at);
    const bool is_map = entry.value->kind == YamlNode::Kind::map;
    const MapReader keys(is_map ? entry.value.get() : nullptr, entry.key_at);
    ServerConfig server;
    server.name = entry.key;
    server.at = entry.key_at;
    if (const auto host = keys.text("host")) {
      problems.take(check_host_address(host->text).map([] { return true; }), host->at);
      server.host = host->text;
    }
    server.user = read_user(keys, problems);
    server.port = keys.number("port");
    server.keys = read_keys(keys, problems);
    server.key_data = read_key_data(keys, problems);
    server.key_passphrase = read_key_passphrase(keys, problems);
    if (const auto arch = keys.text("arch")) server.arch = arch->text;
    server.labels = read_labels(keys.section("labels"), problems);
    config.servers.push_back(std::move(server));
  }
}

// Two names for one login would make one machine two hosts of a fleet.
void check_servers_differ(const Config& config, Problems& problems) {
  constexpr int kSshPort = 22;
  const auto login = [&](const ServerConfig& server) {
    if (server.is_local()) return std::tuple(std::string("localhost"), std::string(), 0);
    return std::tuple(lower_case(server.host), server.user.value_or(config.ssh.user.value_or("")),
                      server.port.value_or(config.ssh.port.value_or(kSshPort)));
  };
  std::map<decltype(login(ServerConfig())), std::string_view> first;
  for (const ServerConfig& server : config.servers) {
    const auto [same, is_new] = first.emplace(login(server), server.name);
    if (!server.host.empty() && !is_new)
      problems.add(server.at,
                   fmt::format("servers \"{}\" and \"{}\" are the same host, port and user",
                               same->second, server.name),
                   "one machine has one name: remove one of them");
  }
}

}  // namespace

Config read_config(const YamlNode& root, const LoadRequest& request, Problems& problems) {
  const MapReader top(&root, SourceSpan{request.file, 0, 0, 1});
  Config config;
  config.file = request.file;
  config.environment = request.environment;
  if (!request.environment.empty())
    problems.take(check_plain_name("environment", request.environment).map([] { return true; }),
                  top.at());
  if (const auto project = top.text("project")) {
    problems.take(check_plain_name("project", project->text).map([] { return true; }), project->at);
    config.project = project->text;
  }
  const MapReader builder = top.section("builder");
  if (const auto engine = builder.text("engine"); engine)
    config.engine = engine->text == "podman" ? EngineKind::podman : EngineKind::docker;
  read_ssh(top.section("ssh"), config.ssh, problems);
  read_proxy(top.section("proxy"), config.proxy, problems);
  read_network(top.section("network"), problems);
  config.secrets = read_secrets(top.section("secrets"), problems);
  config.secrets_path = read_secrets_path(top, problems);
  config.hooks = read_hooks(top.section("hooks"), problems);
  config.rollout = read_rollout(top.section("rollout"), {}, problems);
  read_servers(top.section("servers"), config, problems);
  check_servers_differ(config, problems);
  config.builder = read_builder(builder, config.servers, problems);
  const MapReader environment = top.section("environment");
  std::set<std::string_view> servers;
  for (const ServerConfig& server : config.servers) servers.insert(server.name);
  for (const YamlEntry& entry : top.section("services").entries())
    config.services.push_back(
        read_service(entry, {config, servers, request, environment, builder}, problems));
  const auto is_proxied = [](const ServiceConfig& service) {
    return service.route.has_value() && service.route->app_port != 0;
  };
  if (!config.proxy.extra.empty() && std::ranges::none_of(config.services, is_proxied))
    problems.add(top.section("proxy").place_of("extra"),
                 "no service of this project is reached through the proxy",
                 "remove `proxy.extra`, or give a service a `proxy`");
  return config;
}

}  // namespace segue
