// The table's first part: everything but services.
#include "schema.hpp"

namespace segue {
namespace {

using enum Shape;
using enum KeyStatus;

std::vector<SchemaKey> hosts_schema() {
  return {
      {"project", text, "", "name of the project, part of the name of everything on a host", works,
       true},

      {"servers", named_sections, "", "the hosts, by names of your choice", works, true},
      {"servers.*.host", text, "",
       "address, or a name from ~/.ssh/config; `localhost` needs no SSH", works, true},
      {"servers.*.user", text, "`ssh.user`", "login name"},
      {"servers.*.port", number, "`ssh.port`", "port of sshd", works, false, {}, 1, 65535},
      {"servers.*.keys", text_or_list, "`ssh.keys`", "private key files to offer"},
      {"servers.*.key_path", text, "", "one private key file, as Jiji spells it"},
      {"servers.*.key_data", text_list, "`ssh.key_data`",
       "names of secrets that are private keys themselves"},
      {"servers.*.key_passphrase", text, "`ssh.key_passphrase`",
       "name of the secret that opens the private keys"},
      {"servers.*.arch",
       choice,
       "detected",
       "architecture of the host: another one is an error",
       works,
       false,
       {"amd64", "arm64"}},
      {"servers.*.labels", text_map, "", "names and values by which `-H name=value` chooses it"},
  };
}

std::vector<SchemaKey> ssh_schema() {
  return {
      {"ssh", section, "", "how to reach the hosts"},
      {"ssh.user", text, "as ssh would", "login name"},
      {"ssh.port", number, "as ssh would, else 22", "port of sshd", works, false, {}, 1, 65535},
      {"ssh.keys", text_or_list, "as ssh would", "private key files to offer"},
      {"ssh.key_path", text, "", "one private key file, as Jiji spells it"},
      {"ssh.config", flag_or_texts, "true",
       "whether ~/.ssh/config is read, or another such file, or several: the first one that says "
       "something wins"},
      {"ssh.connect_timeout", duration, "10s", "how long a connection may take"},
      {"ssh.command_timeout", duration, "5m", "how long a command may be silent"},
      {"ssh.transport",
       choice,
       "auto",
       "who speaks SSH: [ssh.md](ssh.md)",
       works,
       false,
       {"auto", "native", "openssh"}},
      {"ssh.key_data", text_list, "", "names of secrets that are private keys themselves"},
      {"ssh.keys_only", flag, "false", "offer no keys but those of `keys`"},
      {"ssh.key_passphrase", text, "", "name of the secret that opens the private keys"},
      {"ssh.proxy", text, "as ssh would",
       "a jump host, `user@host:port`, or several with commas between"},
      {"ssh.proxy_command", text, "as ssh would",
       "a command whose streams are the connection; asked about before it runs"},
      {"ssh.max_concurrent_starts",
       number,
       "32",
       "connections that are made at the same time",
       works,
       false,
       {},
       1,
       1000},
      {"ssh.dns_retries",
       number,
       "3",
       "more look-ups when the name server fails",
       works,
       false,
       {},
       0,
       100},
      {"ssh.keepalive", duration, "10s", "between signs of life on an idle connection; 0: none"},
      {"ssh.options", text_map, "", "Jiji's", no_effect},
      {"ssh.log_level", text, "", "Jiji's", no_effect},
      {"ssh.pool_idle_timeout", duration, "", "Jiji's", no_effect},
  };
}

std::vector<SchemaKey> builder_schema() {
  return {
      {"builder", section, "", "what runs and builds containers"},
      {"builder.engine",
       choice,
       "",
       "the container engine of the hosts and of builds; without it Docker where it answers, else "
       "Podman",
       works,
       false,
       {"docker", "podman"}},
      {"builder.local", flag, "true without `remote`", "build on this machine"},
      {"builder.remote", text, "",
       "build on another machine, `ssh://user@host:port`: [build.md](build.md)"},
      {"builder.cache", flag_or_map, "true",
       "builds use what the engine has kept of earlier ones, or a cache beside it: "
       "[build.md](build.md)"},
      {"builder.cache.type",
       choice,
       "",
       "where: a repository, GitHub Actions, or a folder",
       works,
       true,
       {"registry", "gha", "local"}},
      {"builder.cache.repository", text, "`cache` at `builder.registry.server`",
       "registry: its name, without a tag"},
      {"builder.cache.path", text, "", "local: the folder, on the machine that builds"},
      {"builder.args", text_map, "", "build arguments for all services"},
      {"builder.registry", section, "",
       "how what was built gets to the hosts: [registries.md](registries.md)"},
      {"builder.registry.type",
       choice,
       "`remote` with a `server`, else `none`",
       "`none`: through the SSH sessions; `remote`: pushed and pulled; `local`: a registry on this "
       "machine, lent to the hosts through the SSH sessions",
       works,
       false,
       {"none", "local", "remote"}},
      {"builder.registry.server", text, "",
       "of a remote registry: its address, with what comes before the images' names"},
      {"builder.registry.username", text, "", "of a remote registry"},
      {"builder.registry.password", text_or_map, "",
       "name of the secret that is the password, or `command`"},
      {"builder.registry.password.command", text_or_list, "",
       "a program on this machine that prints it, for logins that expire"},
      {"builder.registry.timeout", duration, "30m", "for one image, each way"},
      {"builder.registry.port", number, "31270", "of a local registry, on 127.0.0.1"},
  };
}

std::vector<SchemaKey> shared_schema() {
  return {
      {"environment", section, "", "for the containers of all services"},
      {"environment.clear", text_map, "", "names and values"},
      {"environment.secrets", text_list, "", "names, whose values come from `.env` or an adapter"},

      {"secrets", section, "",
       "where values come from that `.env` lacks: [secrets.md](secrets.md)"},
      {"secrets.adapter",
       choice,
       "",
       "the password store",
       works,
       true,
       {"1password", "bitwarden", "bitwarden-sm", "aws", "gcp", "doppler", "vault", "pass", "sops",
        "age", "command"}},
      {"secrets.account", text, "as `op` would", "1password: the account"},
      {"secrets.vault", text, "as `op` would", "1password: the vault"},
      {"secrets.item", text, "", "1password, bitwarden: the item whose fields are the secrets"},
      {"secrets.folder", text, "", "bitwarden: id of a folder, each item of which is a secret"},
      {"secrets.project", text, "as the program would", "bitwarden-sm, gcp, doppler: the project"},
      {"secrets.config", text, "as `doppler` would", "doppler: the config"},
      {"secrets.secret", text, "", "aws: one secret that holds all as JSON"},
      {"secrets.prefix", text, "", "aws, gcp, pass: stands before each name"},
      {"secrets.region", text, "as `aws` would", "aws: the region"},
      {"secrets.profile", text, "as `aws` would", "aws: the profile"},
      {"secrets.mount", text, "in `path`", "vault: where the key-value engine is mounted"},
      {"secrets.path", text, "", "vault: the path whose fields are the secrets"},
      {"secrets.file", text, "age: `.env.age`", "sops, age: the encrypted file"},
      {"secrets.identity", text, "`~/.config/segue/age.key`", "age: file with the private key"},
      {"secrets.recipients", text_or_list, "", "age: for whom `secrets edit` encrypts"},
      {"secrets.command", text_or_list, "", "command: prints `.env` or JSON"},
      {"secrets_path", text, ".env", "the file to read instead of `.env`"},

      {"proxy", section, "", "the proxy of each host"},
      {"proxy.image", text, "caddy:2", "its image; one that a host already has is not pulled"},
      {"proxy.http_port", number, "80", "host port for HTTP", works, false, {}, 1, 65535},
      {"proxy.https_port", number, "443", "host port for HTTPS", works, false, {}, 1, 65535},
      {"proxy.email", text, "", "contact for the certificate authority"},
      {"proxy.acme_ca", text, "Let's Encrypt", "another one: the URL of its ACME directory"},
      {"proxy.acme_ca_root", text, "what the proxy's image trusts",
       "file with the root certificate (PEM) by which `acme_ca` itself is trusted"},
      {"proxy.extra", raw_list, "",
       "raw routes of Caddy that come before those of services: [proxy.md](proxy.md)"},

      {"hooks", section, "",
       "programs of the project that run on this machine: [hooks.md](hooks.md)"},
      {"hooks.pre_build", text_or_list, "",
       "before images are built, by `build` or `deploy --build`; may end that"},
      {"hooks.pre_connect", text_or_list, "", "before any host is reached; may end the deploy"},
      {"hooks.pre_deploy", text_or_list, "",
       "when all is checked and agreed, before anything is changed; may end the deploy"},
      {"hooks.post_deploy", text_or_list, "", "when the new release serves everywhere"},
      {"hooks.on_failure", text_or_list, "", "when a deploy that had begun did not succeed"},
      {"network", section, "", "a private network between hosts, which does not work yet"},
      {"network.enabled", flag, "false", "`true` does not work yet"},
      {"network.cluster_cidr", text, "", "its addresses, when there is one"},
      {"extends", text, "",
       "another such file, beside this one, that this one changes: maps merge, lists and values "
       "replace"},
  };
}

}  // namespace

std::vector<SchemaKey> project_schema() {
  std::vector<SchemaKey> rows = hosts_schema();
  for (SchemaKey& key : ssh_schema()) rows.push_back(std::move(key));
  for (SchemaKey& key : builder_schema()) rows.push_back(std::move(key));
  for (SchemaKey& key : shared_schema()) rows.push_back(std::move(key));
  add_rollout(rows, "rollout", "how a deploy goes over several hosts: [fleet.md](fleet.md)");
  return rows;
}

}  // namespace segue
