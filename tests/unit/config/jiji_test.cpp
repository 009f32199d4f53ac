// Files written for Jiji 0.4: each snippet of its deployment guide that concerns services, and each
// spelling of its own, completed to a whole file. What does not work yet is said, and listed here.
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"

#include <algorithm>

using namespace segue;

namespace {

struct Snippet {
  std::string name;
  std::string top;       // lines beside `services`
  std::string services;  // lines below it
};

const char* const kServers = "servers:\n  web1:\n    host: 203.0.113.7\n";
const char* const kLeast = "    image: acme/api:v1\n    hosts: [web1]\n";

Snippet service(const std::string& name, const std::string& service, const std::string& lines) {
  return {name, kServers, "  " + service + ":\n" + kLeast + lines};
}

Snippet beside(const std::string& name, const std::string& top) {
  return {name, top, std::string("  api:\n") + kLeast};
}

LoadedConfig load(const Snippet& snippet) {
  const std::string text = "project: myapp\n" + snippet.top + "services:\n" + snippet.services;
  return load_config({"deploy.yml", text, "", {}});
}

std::vector<Snippet> working() {
  return {
      service("a health check by HTTP", "api",
              "    proxy:\n      app_port: 3000\n      healthcheck:\n        path: /health\n"
              "        interval: 10s\n        timeout: 5s\n        deploy_timeout: 60s\n"),
      service("a health check by a command", "worker",
              "    proxy:\n      healthcheck:\n        cmd: \"test -f /tmp/ready\"\n"
              "        cmd_runtime: docker # docker or podman\n        interval: 10s\n"
              "        timeout: 5s\n        deploy_timeout: 60s\n"),
      service("two processors", "api", "    cpus: 2              # 2 CPU cores\n"),
      service("half a processor", "api", "    cpus: 0.5            # Half a CPU core\n"),
      service("one and a half processors", "api", "    cpus: 1.5            # 1.5 CPU cores\n"),
      service("megabytes", "api", "    memory: \"512m\"       # 512 MB\n"),
      service("a gigabyte", "api", "    memory: \"1g\"\n"),
      service("two gigabytes, with two letters", "api", "    memory: \"2gb\"\n"),
      service("all graphics processors", "ml-worker", "    gpus: \"all\"\n"),
      service("the first graphics processor", "ml-worker", "    gpus: \"0\"\n"),
      service("two graphics processors", "ml-worker", "    gpus: \"0,1\"\n"),
      service("devices", "video-processor",
              "    devices:\n      - \"/dev/video0\"\n      - \"/dev/snd:/dev/snd:rwm\"\n"),
      service("capabilities", "vpn-client",
              "    cap_add:\n      - NET_ADMIN\n      - SYS_MODULE\n"),
      service("privileged access", "system-tool", "    privileged: true\n"),
      {"two architectures",
       "servers:\n  x86-server:\n    host: amd64.example.com\n    arch: amd64\n  arm-server:\n"
       "    host: arm64.example.com\n    arch: arm64\n",
       "  api:\n    hosts:\n      - x86-server\n      - arm-server\n    build:\n      context: "
       ".\n"},
      service(
          "a stateful service", "postgres",
          "    stop_first: true\n    volumes:\n      - /data/postgres:/var/lib/postgresql/data\n"),
      service("volumes", "db",
              "    volumes:\n      - /data/postgres:/var/lib/postgresql/data\n"
              "      - /config:/app/config:ro       # Read-only\n"
              "      - app_storage:/app/data        # Named volume\n"),
      service("clear variables", "api",
              "    environment:\n      clear:\n        NODE_ENV: production\n"
              "        LOG_LEVEL: info\n        PORT: \"3000\"\n"),
      service("secret variables", "api",
              "    environment:\n      secrets:\n        - DATABASE_URL\n        - API_KEY\n"
              "        - JWT_SECRET\n"),
      service("an own certificate", "api",
              "    proxy:\n      app_port: 3000\n      host: api.example.com\n      ssl:\n"
              "        certificate_pem: CERTIFICATE\n        private_key_pem: PRIVATE_KEY\n"),
      service("files", "api",
              "    files:\n      - ./config.json:/app/config.json\n"
              "      - ./secrets.env:/app/.env:600\n"),
      service("files in detail", "api",
              "    files:\n      - local: config/secret.key\n        remote: /etc/app/secret.key\n"
              "        mode: \"0600\"\n        owner: \"nginx:nginx\"\n        options: \"ro\"\n"),
      service("directories", "api",
              "    directories:\n      - ./templates:/app/templates\n      - local: logs\n"
              "        remote: /var/log/app\n        mode: \"0755\"\n        owner: \"app:app\"\n"),
      service("the port of the application as a host port", "api",
              "    ports: [\"3000:3000\"]\n    proxy: {app_port: 3000, host: api.example.com}\n"),
      service("old images to keep", "api", "    retain: 5\n"),
      {"a build", kServers, "  api:\n    hosts: [web1]\n    build:\n      context: .\n"},
      beside("a registry",
             std::string(kServers) +
                 "builder:\n  registry: {server: ghcr.io, username: acme, password: TOKEN}\n"),
      beside("another machine that builds",
             std::string(kServers) +
                 "builder:\n  local: false\n  remote: ssh://builder@build.example.com:22\n"),
      beside("a registry of this machine",
             std::string(kServers) + "builder:\n  registry: {type: local, port: 31270}\n"),
      beside("no private network",
             std::string(kServers) +
                 "network:\n  enabled: false\n  cluster_cidr: \"10.210.0.0/16\"\n"),
      beside("a key file for all servers", std::string(kServers) + "ssh: {key_path: ~/.ssh/id}\n"),
      beside("a key file for one server",
             "servers:\n  web1: {host: web1.example.com, key_path: ~/.ssh/id}\n"),
      beside("a key itself",
             "servers:\n  web1: {host: web1.example.com, key_data: [DEPLOY_KEY]}\n"),
      beside("a passphrase",
             "servers:\n  web1: {host: web1.example.com, key_passphrase: PASSPHRASE}\n"),
      beside("several configurations of SSH",
             std::string(kServers) + "ssh: {config: [~/.ssh/config, ./ssh_config]}\n"),
  };
}

// Move a snippet up when it works.
std::vector<Snippet> not_yet() {
  return {
      beside("a private network", std::string(kServers) + "network: {enabled: true}\n"),
  };
}

}  // namespace

TEST_CASE("what was written for Jiji loads") {
  for (const Snippet& snippet : working()) {
    INFO(snippet.name);
    const LoadedConfig loaded = load(snippet);
    for (const Error& error : loaded.errors) FAIL_CHECK(error.what);
    CHECK(loaded.config);
    CHECK(loaded.notes.empty());
  }
}

TEST_CASE("what was written for Jiji and does not work yet is said, and nothing else") {
  for (const Snippet& snippet : not_yet()) {
    INFO(snippet.name << ": when it works, move it up");
    const LoadedConfig loaded = load(snippet);
    CHECK_FALSE(loaded.errors.empty());
    for (const Error& error : loaded.errors) {
      INFO(error.what);
      const bool builds = error.what == "`services.api.image` is missing";
      CHECK((builds || contains(error.what, "does not work yet")));
    }
  }
}

TEST_CASE("keys of Jiji that have no effect are accepted with a note") {
  const LoadedConfig loaded =
      load(beside("", std::string(kServers) +
                          "ssh: {options: {StrictHostKeyChecking: \"no\"}, log_level: info, "
                          "pool_idle_timeout: 30s}\n"));
  CHECK(loaded.config);
  REQUIRE(loaded.notes.size() == 3);
  CHECK(std::ranges::all_of(
      loaded.notes, [](const Error& note) { return contains(note.what, "has no effect"); }));
}
