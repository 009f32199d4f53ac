#include "jump_chain.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr std::string_view kScheme = "ssh://";
constexpr std::string_view kNeverInAHop = " \t%/\"'";
constexpr int kHighestPort = 65535;

std::optional<JumpHop> parse_hop(std::string_view text) {
  JumpHop hop;
  hop.written = text;
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    hop.user = std::string(text.substr(0, at));
    text.remove_prefix(at + 1);
    if (hop.user->empty()) return std::nullopt;
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    hop.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return std::nullopt;
  } else {
    // An address of IPv6 without brackets has no port.
    const size_t colon = text.find(':');
    const bool has_port = colon != std::string_view::npos && text.rfind(':') == colon;
    hop.host = has_port ? text.substr(0, colon) : text;
    if (has_port) port = text.substr(colon);
  }
  if (!port.empty()) {
    hop.port = parse_number<int>(port.substr(1));
    if (!hop.port || *hop.port < 1 || *hop.port > kHighestPort) return std::nullopt;
  }
  if (hop.host.empty() || hop.host.starts_with('-')) return std::nullopt;
  return hop;
}

}  // namespace

std::optional<std::vector<JumpHop>> parse_jump_chain(std::string_view text) {
  std::vector<JumpHop> hops;
  for (const std::string& one : split(text, ',')) {
    std::string_view bare = one;
    if (bare.starts_with(kScheme)) bare.remove_prefix(kScheme.size());
    if (bare.find_first_of(kNeverInAHop) != std::string_view::npos) return std::nullopt;
    std::optional<JumpHop> hop = parse_hop(one);
    if (!hop) return std::nullopt;
    hops.push_back(std::move(*hop));
  }
  return hops;
}

Endpoint jump_endpoint(const Endpoint& behind, const std::vector<JumpHop>& hops) {
  const JumpHop& last = hops.back();
  std::vector<std::string> before;
  for (const JumpHop& hop : hops) before.push_back(hop.written);
  before.pop_back();
  Endpoint endpoint;
  endpoint.name = "jump host " + last.written;
  endpoint.address = last.host;
  endpoint.user = last.user;
  endpoint.port = last.port;
  endpoint.transport = SshTransport::native;
  endpoint.proxy = join(before, ",");
  endpoint.read_ssh_config = behind.read_ssh_config;
  endpoint.ssh_config_file = behind.ssh_config_file;
  endpoint.connect_timeout = behind.connect_timeout;
  endpoint.keepalive = behind.keepalive;
  endpoint.dns_retries = behind.dns_retries;
  return endpoint;
}

std::string jump_key(const Endpoint& hop) {
  return fmt::format("{}@{}:{} {} {} {}", hop.user.value_or(""), hop.address, hop.port.value_or(0),
                     hop.proxy, hop.read_ssh_config, hop.ssh_config_file);
}

}  // namespace segue
