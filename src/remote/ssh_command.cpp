#include "segue/remote/ssh_command.hpp"

#include "segue/os/environment.hpp"
#include "segue/script/quote.hpp"

namespace segue {

std::vector<std::string> ssh_options(const Endpoint& endpoint) {
  std::vector<std::string> words;
  const auto add = [&](std::initializer_list<std::string> more) {
    words.insert(words.end(), more);
  };
  if (!endpoint.read_ssh_config)
    add({"-F", "none"});
  else if (!endpoint.ssh_config_file.empty())
    add({"-F", expand_home(endpoint.ssh_config_file)});
  if (endpoint.port) add({"-p", std::to_string(*endpoint.port)});
  if (endpoint.user) add({"-l", *endpoint.user});
  for (const std::string& key : endpoint.keys) add({"-i", expand_home(key)});
  if (endpoint.keys_only) {
    add({"-o", "IdentitiesOnly=yes"});
    if (endpoint.keys.empty()) add({"-o", "IdentityFile=none"});
  }
  if (!endpoint.proxy.empty()) add({"-J", endpoint.proxy});
  if (!endpoint.proxy_command.empty()) add({"-o", "ProxyCommand=" + endpoint.proxy_command});
  return words;
}

std::vector<std::string> ssh_login_command(const Endpoint& endpoint, const std::string& command,
                                           bool with_terminal) {
  std::vector<std::string> words = {"ssh"};
  if (with_terminal) words.emplace_back("-t");
  const std::vector<std::string> options = ssh_options(endpoint);
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--", endpoint.address});
  if (!command.empty()) words.push_back("exec /bin/sh -c " + quote(command));
  return words;
}

}  // namespace segue
