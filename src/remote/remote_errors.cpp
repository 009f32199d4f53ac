#include "remote_errors.hpp"

#include "wire.hpp"

#include "segue/base/base64.hpp"
#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

std::string bytes_of_hex(const std::string& hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return bytes;
}

// "ssh-ed25519" -> "ed25519", as in the name of the host's key file.
std::string short_type(const std::string& type) {
  if (contains(type, "ecdsa")) return "ecdsa";
  return contains(type, "rsa") ? "rsa" : "ed25519";
}

std::string port_option(const HostSettings& settings) {
  return settings.port == 22 ? std::string() : fmt::format(" -p {}", settings.port);
}

std::string compare_on_host(const HostKeyName& key) {
  return fmt::format("compare it on the host itself: ssh-keygen -lf /etc/ssh/ssh_host_{}_key.pub",
                     short_type(key.type));
}

}  // namespace

std::string fingerprint(std::string_view key) {
  std::string text = encode_base64(bytes_of_hex(sha256_hex(key)));
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

Error unreachable(std::string what, std::string hint) {
  return Error{Code::unreachable, std::move(what), std::move(hint), {}, {}};
}

Error name_unknown(const std::string& name, const std::string& problem) {
  return unreachable(fmt::format("the name {} does not resolve: {}", name, problem),
                     "check the spelling of `host`, or the name server of this machine");
}

Error connection_refused(const std::string& address, int port) {
  return unreachable(fmt::format("{} port {}: connection refused", address, port),
                     "is sshd running there, and is this its port?");
}

Error connect_timed_out(const HostSettings& settings, Duration limit, std::string_view phase) {
  return unreachable(fmt::format("{} port {}: no answer within {} ({})", settings.host,
                                 settings.port, to_string(limit), phase),
                     "is the host up, and does a firewall let this machine in? "
                     "`ssh: connect_timeout` waits longer");
}

Error connection_failed(const std::string& address, int port, const std::string& problem) {
  return unreachable(fmt::format("{} port {}: {}", address, port, problem));
}

Error dropped_before_greeting(const HostSettings& settings, const std::string& problem) {
  return unreachable(fmt::format("{} port {}: the connection was dropped before the server's "
                                 "greeting ({})",
                                 settings.host, settings.port, problem),
                     "the server may have too many connections (MaxStartups), or it has shut this "
                     "machine out for a while");
}

HostKeyName host_key_name(std::string_view key) {
  return {key_type_of(key), fingerprint(key)};
}

Error host_key_unknown(const HostSettings& settings, const HostKeyName& key) {
  return unreachable(fmt::format("the host key of {} is not known: {} {}", settings.known_name,
                                 key.type, key.fingerprint),
                     fmt::format("{}; if it is the same, accept it with: ssh{} {}",
                                 compare_on_host(key), port_option(settings), settings.written));
}

Error host_key_changed(const HostSettings& settings, const HostKeyName& key,
                       const std::string& where) {
  return unreachable(
      fmt::format("WARNING: the host key of {} has changed: it is now {} {}, but {} knows another "
                  "one. Somebody may be listening in",
                  settings.known_name, key.type, key.fingerprint, where),
      fmt::format("if the host was set up anew, {}, and then remove that line",
                  compare_on_host(key)));
}

Error host_key_revoked(const HostSettings& settings, const HostKeyName& key,
                       const std::string& where) {
  return unreachable(fmt::format("the host key of {} is revoked by {}: {} {}", settings.known_name,
                                 where, key.type, key.fingerprint),
                     "the host needs a new key; ask whoever revoked this one");
}

Error no_common_algorithm(const HostSettings& settings, const std::string& which) {
  return unreachable(fmt::format("{} and segue have no common algorithm: {}", settings.host, which),
                     "allow one more in the server's sshd_config");
}

Error keys_refused(const HostSettings& settings, const std::vector<std::string>& tried) {
  const std::string list = tried.empty() ? "no key was found to try" : join(tried, "; ");
  return unreachable(
      fmt::format("{} accepts no key for the user {}: {}", settings.host, settings.user, list),
      fmt::format("try `ssh -v{} {}@{}`; name the key with `ssh: keys`", port_option(settings),
                  settings.user, settings.written));
}

Error too_many_keys(const HostSettings& settings, const std::vector<std::string>& tried) {
  return unreachable(fmt::format("{} has hung up after too many keys: {}", settings.host,
                                 tried.empty() ? "none was named" : join(tried, "; ")),
                     "name the one that it knows with `ssh: keys`, and add `keys_only: true`");
}

Error needs_openssh(const HostSettings& settings) {
  return unreachable(
      fmt::format("{} needs the system's ssh: {}", settings.written, settings.only_openssh),
      "leave out `ssh: {transport: native}`, or remove that setting");
}

Error forwards_nothing(const std::string& by, const std::string& host, int port) {
  return unreachable(
      fmt::format("{}: it does not let connections to {} port {} through", by, host, port),
      "its sshd_config has to allow that (AllowTcpForwarding, PermitOpen), and so has the key's "
      "line "
      "in authorized_keys");
}

Error no_way_on(const std::string& by, const std::string& host, int port) {
  return unreachable(fmt::format("{}: it can't connect to {} port {}", by, host, port),
                     "is the host up, is this its port, and does a firewall let the jump host in?");
}

Error no_shell(const HostSettings& settings, std::string_view printed) {
  std::string said(trim(printed));
  if (said.size() > 300) said.resize(300);
  return unreachable(fmt::format("the login shell of {} on {} runs no commands{}{}", settings.user,
                                 settings.host, said.empty() ? "" : ": ", visible(said)),
                     "give the user a real shell (chsh), and no forced command for this key");
}

}  // namespace segue
