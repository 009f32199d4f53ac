// How to reach one host, as the configuration says it, before ~/.ssh/config is asked.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/base/secret.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

// Who speaks SSH. Automatic: libssh2, but the system's ssh for what only that can do.
enum class SshTransport { automatic, native, openssh };

// A secret and what people know it by.
struct NamedSecret {
  std::string name;
  Secret value;
};

struct Endpoint {
  std::string name;     // the server's name in deploy.yml
  std::string address;  // host name, address or an alias of ~/.ssh/config
  bool local = false;   // this very machine: no SSH at all
  std::optional<std::string> user;
  std::optional<int> port;
  SshTransport transport = SshTransport::automatic;
  std::vector<std::string> keys;      // private key files, ~ is expanded; tried before the agent
  std::vector<NamedSecret> key_data;  // private keys themselves; tried before the files
  NamedSecret key_passphrase;         // opens them and the files; no value: nobody knows it
  bool keys_only = false;             // no others, nor those of the agent but these
  std::string proxy;                  // jump hosts, as `ssh -J` takes them
  std::string proxy_command;          // its standard streams are the connection
  bool read_ssh_config = true;        // ask `ssh -G`
  std::string ssh_config_file;        // instead of the default one; empty: default
  std::vector<std::string> more_config_files;  // whose settings come after that one's
  Duration connect_timeout{10'000};            // TCP connect, handshake and authentication together
  Duration command_timeout{300'000};           // longest silence of a script, not its length
  Duration keepalive{10'000};  // between signs of life on an idle connection; 0: none
  bool lends = false;          // a registry may be lent to it: Transport::lend
  int dns_retries = 3;         // when the name server has no answer for the moment
};

}  // namespace segue
