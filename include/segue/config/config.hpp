// deploy.yml as typed values, checked: names are valid, hosts exist, nothing clashes. Defaults are
// filled in. Plain data; load.hpp makes it.
//   config.service("web")->hosts      config.server("web-1")->is_local()
#pragma once
#include "segue/config/build_cache_config.hpp"
#include "segue/config/registry_config.hpp"
#include "segue/config/secrets_config.hpp"
#include "segue/config/service_config.hpp"
#include "segue/model/engine_kind.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segue {

struct ServerConfig {
  std::string name;
  std::string host;  // address, or alias of ~/.ssh/config; `localhost` is the local transport
  std::optional<std::string> user;
  std::optional<int> port;
  std::vector<std::string> keys;
  std::vector<std::string> key_data;  // names of secrets whose values are private keys
  std::string key_passphrase;         // a text made of secrets (secret_text.hpp); empty: none
  std::string arch;                   // amd64 or arm64, as the host must be; empty: whatever it is
  std::map<std::string, std::string> labels;  // -H chooses by them: `role=web`
  SourceSpan at;

  // localhost, 127.0.0.1 and ::1 without a user or a port of their own: no SSH (rules C5).
  bool is_local() const;
};

struct SshConfig {
  enum class Transport { automatic, native, openssh };

  std::optional<std::string> user;
  std::optional<int> port;
  Transport transport = Transport::automatic;
  std::vector<std::string> keys;
  std::vector<std::string> key_data;  // as those of a server
  std::string key_passphrase;
  bool keys_only = false;                 // neither the agent's other keys nor those of ~/.ssh
  std::string proxy;                      // jump hosts, as `ssh -J` takes them
  std::string proxy_command;              // run on this machine in place of a connection
  int max_concurrent_starts = 32;         // connections that are being made at the same time
  int dns_retries = 3;                    // when the name server has no answer for the moment
  Duration keepalive{10'000};             // between signs of life on an idle connection; 0: none
  bool read_config = true;                // `config: false` keeps ~/.ssh/config out
  std::vector<std::string> config_files;  // `config: PATH`, or several
  Duration connect_timeout{10'000};
  Duration command_timeout{300'000};
};

// How images are built; each service's own arguments are in its BuildConfig already.
struct BuilderConfig {
  BuildCacheConfig cache;
  RegistryConfig registry;
  std::optional<ServerConfig> remote;  // the machine that builds; nothing: this one
};

struct ProxyConfig {
  std::string image = "caddy:2";
  int http_port = 80;
  int https_port = 443;
  std::string email;               // contact for the certificate authority
  std::string acme_ca;             // URL of its ACME directory; empty: Let's Encrypt
  std::string acme_ca_root;        // file with the root that its own certificate is trusted by
  std::string acme_ca_root_pem;    // what is in it, filled in by who opens the project
  std::vector<std::string> extra;  // raw routes of Caddy, each a JSON object (docs/proxy.md)
};

// Programs of the project that run on this machine, each with its arguments (docs/hooks.md).
struct HooksConfig {
  std::vector<std::string> pre_build;
  std::vector<std::string> pre_connect;
  std::vector<std::string> pre_deploy;
  std::vector<std::string> post_deploy;
  std::vector<std::string> on_failure;
};

struct Config {
  std::string file;  // as the user would name it
  std::string project;
  std::string environment;           // what -e named; empty without
  std::optional<EngineKind> engine;  // without it each host says what it has
  BuilderConfig builder;
  SshConfig ssh;
  ProxyConfig proxy;
  SecretsConfig secrets;
  std::string secrets_path;  // instead of .env; empty without
  HooksConfig hooks;
  RolloutConfig rollout;                // of services that say nothing else
  std::vector<ServerConfig> servers;    // in the order of the file
  std::vector<ServiceConfig> services;  // in the order of the file

  const ServerConfig* server(const std::string& name) const;
  const ServiceConfig* service(const std::string& name) const;

  // What a release of these services (none: all) is called after: the tag of the first one that is
  // built, else of the first one.
  std::string version(const std::vector<std::string>& services) const;

  // As they are rolled: what a service depends on comes before it, else the order of the file.
  std::vector<const ServiceConfig*> services_in_order() const;
};

}  // namespace segue
