#include "host_settings.hpp"

#include "jump_chain.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace segue {
namespace {

bool is_set(std::string_view value) {
  return !value.empty() && value != "none";
}

// %-tokens of ssh_config(5) that file names may hold, and ~.
std::string expand(std::string_view path, const HostSettings& settings) {
  std::string result;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%' || i + 1 == path.size()) {
      result += path[i];
      continue;
    }
    switch (path[++i]) {
      case '%':
        result += '%';
        break;
      case 'd':
        result += home_folder();
        break;
      case 'h':
        result += settings.host;
        break;
      case 'p':
        result += std::to_string(settings.port);
        break;
      case 'r':
        result += settings.user;
        break;
      case 'u':
        result += user_name();
        break;
      default:
        result += {'%', path[i]};
    }
  }
  return expand_home(result);
}

std::string agent_of(std::string_view value, const HostSettings& settings) {
  if (value == "none") return {};
  if (value.empty() || value == "SSH_AUTH_SOCK")
    return environment_variable("SSH_AUTH_SOCK").value_or("");
  if (value.starts_with('$'))
    return environment_variable(std::string(value.substr(1))).value_or("");
  return expand(value, settings);
}

// The name as people write it, of a setting that libssh2 can't follow; empty: it can.
std::string_view only_openssh(std::string_view key) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames{
      {{"proxycommand", "ProxyCommand"},
       {"revokedhostkeys", "RevokedHostKeys"},
       {"pkcs11provider", "PKCS11Provider"},
       {"certificatefile", "CertificateFile"}}};
  for (const auto& [name, shown] : kNames)
    if (name == key) return shown;
  return {};
}

// What deploy.yml says of the way goes before ssh's configuration.
bool names_way(const Endpoint& endpoint) {
  return !endpoint.proxy.empty() || !endpoint.proxy_command.empty();
}

void take_way(HostSettings& settings, const Endpoint& endpoint) {
  if (is_set(endpoint.proxy)) settings.jumps = endpoint.proxy;
  if (!endpoint.proxy_command.empty()) settings.only_openssh = "ssh.proxy_command";
}

// A list of jump hosts that only ssh can expand.
void judge_jumps(HostSettings& settings, const Endpoint& endpoint) {
  if (settings.jumps.empty() || parse_jump_chain(settings.jumps)) return;
  settings.only_openssh =
      fmt::format("{} {}", endpoint.proxy.empty() ? "ProxyJump" : "ssh.proxy", settings.jumps);
}

// What is kept of the output while it is read; the rest needs all of it.
struct Reading {
  std::string identity_agent;
  std::string alias;
  std::vector<std::string> key_files;
  std::vector<std::string> known_hosts_files;
};

void take(HostSettings& settings, Reading& reading, std::string_view key, std::string_view value) {
  if (key == "hostname") settings.host = value;
  if (key == "user") settings.user = value;
  if (key == "port") std::from_chars(value.data(), value.data() + value.size(), settings.port);
  if (key == "hostkeyalias" && is_set(value)) reading.alias = value;
  if (key == "identityfile" && is_set(value)) reading.key_files.emplace_back(value);
  if (key == "identityagent") reading.identity_agent = value;
  if (key == "identitiesonly") settings.only_these_keys = value == "yes";
  // "no" and "off" would also accept a changed key; that is never done here.
  if (key == "stricthostkeychecking")
    settings.accept_new =
        value == "accept-new" || value == "no" || value == "off" || value == "false";
  if (key == "userknownhostsfile" || key == "globalknownhostsfile") {
    std::vector<std::string> files = split_words(value);
    // The user's files first, whatever the order of the output is: a new key goes to the first.
    reading.known_hosts_files.insert(key == "userknownhostsfile" ? reading.known_hosts_files.begin()
                                                                 : reading.known_hosts_files.end(),
                                     files.begin(), files.end());
  }
}

}  // namespace

std::vector<std::string> settings_command(const Endpoint& endpoint) {
  std::vector<std::string> argv = {"ssh", "-G"};
  if (!endpoint.ssh_config_file.empty())
    argv.insert(argv.end(), {"-F", expand_home(endpoint.ssh_config_file)});
  if (endpoint.port) argv.insert(argv.end(), {"-p", std::to_string(*endpoint.port)});
  if (endpoint.user) argv.insert(argv.end(), {"-l", *endpoint.user});
  argv.insert(argv.end(), {"--", endpoint.address});
  return argv;
}

HostSettings read_host_settings(const Endpoint& endpoint, std::string_view output) {
  HostSettings settings;
  take_way(settings, endpoint);
  settings.written = endpoint.address;
  Reading reading;
  for (const std::string& line : split_lines(output)) {
    const size_t blank = line.find(' ');
    if (blank == std::string::npos) continue;
    const std::string_view key = std::string_view(line).substr(0, blank);
    const std::string_view value = trim(std::string_view(line).substr(blank + 1));
    if (names_way(endpoint) && key.starts_with("proxy")) continue;
    if (const std::string_view name = only_openssh(key); !name.empty() && is_set(value))
      settings.only_openssh = fmt::format("{} {}", name, value);
    if (key == "proxyjump" && is_set(value)) settings.jumps = value;
    take(settings, reading, key, value);
  }
  judge_jumps(settings, endpoint);
  settings.only_these_keys = settings.only_these_keys || endpoint.keys_only;
  if (endpoint.keys_only) reading.key_files.clear();
  if (settings.host.empty()) settings.host = endpoint.address;
  if (settings.user.empty()) settings.user = user_name();
  settings.known_name = reading.alias.empty() ? settings.host : reading.alias;
  settings.known_port = reading.alias.empty() ? settings.port : 22;
  settings.agent_socket = agent_of(reading.identity_agent, settings);
  for (const std::string& path : endpoint.keys) settings.key_files.push_back(expand_home(path));
  for (const std::string& path : reading.key_files)
    settings.key_files.push_back(expand(path, settings));
  for (const std::string& path : reading.known_hosts_files)
    if (is_set(path)) settings.known_hosts_files.push_back(expand(path, settings));
  return settings;
}

HostSettings default_host_settings(const Endpoint& endpoint) {
  HostSettings settings;
  settings.written = endpoint.address;
  settings.host = endpoint.address;
  settings.port = endpoint.port.value_or(22);
  settings.user = endpoint.user.value_or(user_name());
  settings.known_name = settings.host;
  settings.known_port = settings.port;
  settings.agent_socket = agent_of("", settings);
  for (const std::string& path : endpoint.keys) settings.key_files.push_back(expand_home(path));
  take_way(settings, endpoint);
  judge_jumps(settings, endpoint);
  settings.only_these_keys = endpoint.keys_only;
  for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa"})
    if (!endpoint.keys_only) settings.key_files.push_back(expand_home("~/.ssh/") + name);
  settings.known_hosts_files = {expand_home("~/.ssh/known_hosts"),
                                expand_home("~/.ssh/known_hosts2"), "/etc/ssh/ssh_known_hosts",
                                "/etc/ssh/ssh_known_hosts2"};
  return settings;
}

}  // namespace segue
