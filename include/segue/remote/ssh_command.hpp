// The command line of the system's ssh for an endpoint: the same user, port, keys and settings that
// the transport uses.
//   request.argv = ssh_login_command(endpoint, "", true);  become_program(request);
#pragma once
#include "segue/remote/endpoint.hpp"

#include <string>
#include <vector>

namespace segue {

// What stands between `ssh` and the name of the host.
std::vector<std::string> ssh_options(const Endpoint& endpoint);

// For somebody at a terminal: a login, or with a command that /bin/sh runs there.
std::vector<std::string> ssh_login_command(const Endpoint& endpoint, const std::string& command,
                                           bool with_terminal);

}  // namespace segue
