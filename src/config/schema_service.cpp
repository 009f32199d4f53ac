// The table's second part: the keys of a service.
#include "schema.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

using enum Shape;
using enum KeyStatus;

// The same keys stand in `healthcheck` and in `proxy.healthcheck`.
void add_healthcheck(std::vector<SchemaKey>& rows, const std::string& path, std::string doc) {
  const auto key = [&](const char* name) { return fmt::format("{}.{}", path, name); };
  rows.push_back({path, section, "", std::move(doc)});
  rows.push_back({key("path"), text, "", "GET of this path must answer"});
  rows.push_back(
      {key("status"), numbers, "any 2xx", "the answers that pass", works, false, {}, 100, 599});
  rows.push_back(
      {key("port"), number, "`app_port`", "where `path` is asked", works, false, {}, 1, 65535});
  rows.push_back(
      {key("host"), text, "the first host of the route", "the Host header sent with `path`"});
  rows.push_back({key("scheme"),
                  choice,
                  "http",
                  "https for applications that speak it",
                  not_yet,
                  false,
                  {"http", "https"}});
  rows.push_back({key("cmd"), text, "", "runs in the container; exit 0 passes"});
  rows.push_back({key("cmd_runtime"),
                  choice,
                  "`builder.engine`",
                  "must name the engine in use",
                  works,
                  false,
                  {"docker", "podman"}});
  rows.push_back({key("interval"), duration, "1s", "between checks; the first come faster"});
  rows.push_back({key("timeout"), duration, "5s", "for one check"});
  rows.push_back({key("deploy_timeout"), duration, "60s", "for the whole gate"});
  rows.push_back({key("readiness_delay"), duration, "5s",
                  "how long it must run without a restart when nothing else is checked"});
}

std::vector<SchemaKey> working_keys() {
  return {
      {"services", named_sections, "", "what runs, by names of your choice", works, true},
      {"services.*.image", text, "",
       "image reference; `${VERSION}` in it stands for what `--version` names", works, true},
      {"services.*.hosts", text_list, "", "names of servers", works, true},
      {"services.*.replicas", number, "1", "containers on each host", works, false, {}, 1, 100},
      {"services.*.command", text_or_list, "the image's",
       "text is split as a shell would; with shell syntax in it, `sh -c` runs it"},
      {"services.*.ports", text_list, "",
       "published ports, `[address:]host:container[/udp]`; `\"3000\"` alone is not published"},
      {"services.*.volumes", text_list, "",
       "`source:target[:options]`; a name gets the service's name in front, `/...` is a host path"},
      {"services.*.restart",
       choice,
       "unless-stopped",
       "when the engine starts it again",
       works,
       false,
       {"no", "on-failure", "always", "unless-stopped"}},
      {"services.*.environment", section, "", "for its containers; wins over the shared one"},
      {"services.*.environment.clear", text_map, "", "names and values"},
      {"services.*.environment.secrets", text_list, "", "names, whose values come from `.env`"},
      {"services.*.depends_on", text_list, "",
       "services that must be live and healthy on all their hosts before this one is rolled"},
      {"services.*.stop_first", flag, "chosen, the plan says why",
       "stop the old container before the new one starts"},
      {"services.*.stop_timeout", duration, "10s", "from SIGTERM to SIGKILL"},
      {"services.*.drain_timeout", duration, "30s",
       "how long requests in flight may go on in the old container"},
      {"services.*.proxy", section, "", "its route through the proxy"},
      {"services.*.proxy.app_port",
       number,
       "",
       "the port on which the application listens",
       works,
       false,
       {},
       1,
       65535},
      {"services.*.proxy.host", text, "every host name", "one host name"},
      {"services.*.proxy.hosts", text_list, "every host name", "several host names"},
      {"services.*.proxy.path_prefix", text, "", "only paths that begin so"},
      {"services.*.proxy.scheme",
       choice,
       "http",
       "what the application speaks: `h2c` is HTTP/2 without TLS, as gRPC servers do",
       works,
       false,
       {"http", "h2c"}},
      {"services.*.proxy.ssl", flag_or_map, "false",
       "HTTPS: `true` by certificates that the proxy obtains and renews, or one of your own"},
      {"services.*.proxy.ssl.certificate_pem", text, "",
       "name of a secret: the certificate, then those in between, as PEM", works, true},
      {"services.*.proxy.ssl.private_key_pem", text, "",
       "name of a secret: its private key, as PEM", works, true},
  };
}

// The same keys stand in the long form of `files` and of `directories` (docs/files.md).
void add_uploads(std::vector<SchemaKey>& rows, const std::string& path, bool directory) {
  const auto key = [&](const char* name) { return fmt::format("{}[].{}", path, name); };
  rows.push_back({path, uploads, "",
                  directory
                      ? "folders of the project, mounted: `local:remote[:mode or options]`, or "
                        "keys of their own; with an owner, or `rw`, the application writes "
                        "into it"
                      : "files of the project, mounted read-only: `local:remote[:mode or "
                        "options]`, or keys of their own"});
  rows.push_back({key("local"), text, "", "path in the project's folder", works, true});
  rows.push_back({key("remote"), text, "", "absolute path in the container", works, true});
  rows.push_back(
      {key("mode"), text, directory ? "0755" : "0644, or 0755 if it is executable",
       directory ? "octal, of the folders; files have the same without execution" : "octal"});
  rows.push_back({key("owner"), text, "", "`user[:group]`, names of the image, or numbers"});
  rows.push_back({key("options"), text, "",
                  directory ? "`ro`, `rw`, `z`, `Z`, with commas between" : "`ro`, `z`, `Z`"});
}

std::vector<SchemaKey> coming_keys() {
  struct Coming {
    const char* name;
    Shape shape;
    const char* doc;
  };
  constexpr Coming kComing[] = {
      {"proxy.strip_prefix", flag, "remove `path_prefix` before the application sees the path"},
      {"proxy.targets", section, "several routes"},
      {"build", section, "`context`, `dockerfile`, `args`, `target`, `secrets`"},
      {"entrypoint", text_or_list, "instead of the image's"},
      {"user", text, "who runs it"},
      {"working_dir", text, "where it runs"},
      {"cpus", text, "share of processors"},
      {"memory", text, "limit of memory"},
      {"gpus", text, "graphics processors"},
      {"devices", text_list, "devices of the host"},
      {"privileged", flag, "all capabilities"},
      {"cap_add", text_list, "capabilities to add"},
      {"cap_drop", text_list, "capabilities to drop"},
      {"retain", number, "releases to keep"},
      {"network_mode", text, "another network than the project's"},
      {"labels", text_map, "labels of the container"},
      {"ulimits", section, "resource limits"},
      {"tmpfs", text_list, "file systems in memory"},
      {"shm_size", text, "size of /dev/shm"},
      {"init", flag, "an init process in the container"},
      {"read_only", flag, "a read-only root file system"},
      {"logging", section, "driver and options"},
      {"release", text, "command that runs once, before the roll"},
  };
  std::vector<SchemaKey> rows;
  for (const Coming& key : kComing)
    rows.push_back(
        {fmt::format("services.*.{}", key.name), key.shape, "", key.doc, KeyStatus::not_yet});
  return rows;
}

}  // namespace

std::vector<SchemaKey> service_schema() {
  std::vector<SchemaKey> rows = working_keys();
  add_healthcheck(rows, "services.*.proxy.healthcheck", "when a candidate counts as proved");
  add_healthcheck(rows, "services.*.healthcheck", "the same, for a service without a proxy");
  add_uploads(rows, "services.*.files", false);
  add_uploads(rows, "services.*.directories", true);
  add_rollout(rows, "services.*.rollout", "instead of the shared `rollout`, key by key");
  for (SchemaKey& key : coming_keys()) rows.push_back(std::move(key));
  return rows;
}

}  // namespace segue
