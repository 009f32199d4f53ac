// What is effective for one host after ~/.ssh/config was asked: the output of `ssh -G`, or
// OpenSSH's defaults where there is no ssh.
//   const HostSettings settings = read_host_settings(endpoint, output_of_ssh);
#pragma once
#include "segue/base/result.hpp"
#include "segue/remote/endpoint.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct HostSettings {
  std::string written;  // the address as the configuration has it: what ssh would be given
  std::string host;     // where to connect to
  int port = 22;
  std::string user;
  std::string known_name;              // under which the host key is looked up
  int known_port = 22;                 // 22 with an alias
  std::vector<std::string> key_files;  // in the order of trying
  std::string agent_socket;            // empty: no agent
  bool only_these_keys = false;        // agent keys only if they belong to a key file
  std::vector<std::string> known_hosts_files;
  bool accept_new = false;   // StrictHostKeyChecking accept-new (or no): an unknown key is stored
  std::string jumps;         // "me@first:2222,second": the hosts to go through; empty: none
  std::string only_openssh;  // "ProxyCommand nc": what only the system's ssh can do; empty: nothing
};

// `ssh -G` and its arguments for this endpoint.
std::vector<std::string> settings_command(const Endpoint& endpoint);

HostSettings read_host_settings(const Endpoint& endpoint, std::string_view output);

HostSettings default_host_settings(const Endpoint& endpoint);

}  // namespace segue
