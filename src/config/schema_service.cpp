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

// The same keys stand in `proxy` and in each of `proxy.targets`.
void add_route(std::vector<SchemaKey>& rows, const std::string& path, bool required) {
  const auto key = [&](const char* name) { return fmt::format("{}.{}", path, name); };
  rows.push_back({key("app_port"),
                  number,
                  "",
                  "the port on which the application listens",
                  works,
                  required,
                  {},
                  1,
                  65535});
  rows.push_back({key("host"), text, "every host name", "one host name"});
  rows.push_back({key("hosts"), text_list, "every host name", "several host names"});
  rows.push_back({key("path_prefix"), text, "", "only paths that begin so"});
  rows.push_back(
      {key("strip_prefix"), flag, "false", "the application sees paths without `path_prefix`"});
  rows.push_back({key("scheme"),
                  choice,
                  "http",
                  "what the application speaks: `h2c` is HTTP/2 without TLS, as gRPC servers do",
                  works,
                  false,
                  {"http", "h2c"}});
  rows.push_back({key("ssl"), flag_or_map, "false",
                  "HTTPS: `true` by certificates that the proxy obtains and renews, or one of your "
                  "own"});
  rows.push_back({key("ssl.certificate_pem"), text, "",
                  "name of a secret: the certificate, then those in between, as PEM", works, true});
  rows.push_back({key("ssl.private_key_pem"), text, "", "name of a secret: its private key, as PEM",
                  works, true});
}

std::vector<SchemaKey> working_keys() {
  return {
      {"services", named_sections, "", "what runs, by names of your choice", works, true},
      {"services.*.image",
       text,
       "",
       "image reference; `${VERSION}` in it stands for what `--version` names",
       works,
       true,
       {},
       0,
       0,
       "build"},
      {"services.*.hosts", text_list, "", "names of servers", works, true},
      {"services.*.replicas", number, "1", "containers on each host", works, false, {}, 1, 100},
      {"services.*.command", text_or_list, "the image's",
       "text is split as a shell would; with shell syntax in it, `sh -c` runs it"},
      {"services.*.release", text_or_list, "",
       "command that runs once per deploy, in a container of the new image on one host, before the "
       "first of the service's containers is touched: [release.md](release.md)"},
      {"services.*.ports", text_list, "",
       "published ports, `[address:]host:container[/udp]`, also ranges: `8000-8010:8000-8010`; "
       "`\"3000\"` alone is not published; beside a proxy the `app_port` itself (`3000:3000`) is "
       "published by the proxy"},
      {"services.*.volumes", text_list, "",
       "`source:target[:options]`; a name gets the service's name in front, `/...` is a host path, "
       "`./...` one below the home of the login"},
      {"services.*.restart",
       choice,
       "unless-stopped",
       "when the engine starts it again",
       works,
       false,
       {"no", "on-failure", "always", "unless-stopped"}},
      {"services.*.environment", section, "", "for its containers; wins over the shared one"},
      {"services.*.environment.clear", text_map, "", "names and values"},
      {"services.*.environment.secrets", text_list, "",
       "names, whose values come from `.env` or an adapter"},
      {"services.*.depends_on", text_list, "",
       "services that must be live and healthy on all their hosts before this one is rolled"},
      {"services.*.stop_first", flag, "chosen, the plan says why",
       "stop the old container before the new one starts"},
      {"services.*.stop_timeout", duration, "10s", "from SIGTERM to SIGKILL"},
      {"services.*.drain_timeout", duration, "30s",
       "how long requests in flight may go on in the old container"},
      {"services.*.retain",
       number,
       "3",
       "how many of its images stay on a host, the newest; a deploy removes older ones",
       works,
       false,
       {},
       1,
       30},
      {"services.*.proxy", section, "", "its route through the proxy"},
  };
}

// What read_container_options reads; docs/containers.md says more.
std::vector<SchemaKey> option_keys() {
  return {
      {"services.*.entrypoint", text_or_list, "the image's",
       "program that runs, with words that come before `command`; text is split as a shell would"},
      {"services.*.user", text, "the image's", "who runs it: name or number, `user[:group]`"},
      {"services.*.working_dir", text, "the image's", "absolute path in the container"},
      {"services.*.cpus", text, "no limit", "processors that each container may use: `2`, `0.5`"},
      {"services.*.memory", text, "no limit",
       "of each container: `512m`, `1.5g`; units b k m g kb mb gb, powers of 1024"},
      {"services.*.gpus", text, "none at all", "graphics processors: `all`, `\"0\"`, `\"0,1\"`"},
      {"services.*.devices", text_list, "", "`/dev/host[:/dev/container][:rwm]`"},
      {"services.*.privileged", flag, "false", "all capabilities and all devices"},
      {"services.*.cap_add", text_list, "", "Linux capabilities to add, such as `NET_ADMIN`"},
      {"services.*.cap_drop", text_list, "", "capabilities to drop; `ALL` for every one"},
      {"services.*.ulimits", limits, "the engine's", "such as `nofile: 1024`; -1 is no limit"},
      {"services.*.tmpfs", text_or_list, "",
       "file systems in memory: `/path[:size=64m,mode=1777]`"},
      {"services.*.shm_size", text, "the engine's, 64m",
       "size of /dev/shm, written as `memory` is"},
      {"services.*.init", flag, "false", "an init as first process: it forwards signals and reaps"},
      {"services.*.read_only", flag, "false", "a read-only root file system"},
      {"services.*.logging", section, "", "where the engine keeps what the container prints"},
      {"services.*.logging.driver", text, "the engine's", "such as `json-file`, `journald`"},
      {"services.*.logging.options", text_map, "", "such as `max-size: 10m`"},
      {"services.*.labels", text_map, "", "labels of the containers; `segue.` is segue's own"},
      {"services.*.network_mode", text, "the project's network",
       "`host`, `none`, `bridge` (the engine's own) or `container:NAME`"},
  };
}

// What read_build reads; docs/build.md says more.
std::vector<SchemaKey> build_keys() {
  return {
      {"services.*.build", text_or_map, "",
       "instead of `image`: the folder in the project to build it from, or keys of their own"},
      {"services.*.build.context", text, ".",
       "folder in the project that is built, or a git repository: "
       "`https://example.com/shop.git#branch:folder`"},
      {"services.*.build.dockerfile", text, "the engine's: `Dockerfile`",
       "file in the context, or else in the project"},
      {"services.*.build.target", text, "the last one", "stage at which it ends"},
      {"services.*.build.args", text_map, "", "build arguments; they win over `builder.args`"},
      {"services.*.build.secrets", text_list, "",
       "names of secrets for single steps of the Dockerfile, by `RUN --mount=type=secret,id=NAME`"},
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

}  // namespace

std::vector<SchemaKey> service_schema() {
  std::vector<SchemaKey> rows = working_keys();
  for (SchemaKey& key : build_keys()) rows.push_back(std::move(key));
  add_route(rows, "services.*.proxy", false);
  rows.push_back({"services.*.proxy.targets", sections, "",
                  "several routes to ports of the same containers, instead of one"});
  add_route(rows, "services.*.proxy.targets[]", true);
  for (SchemaKey& key : option_keys()) rows.push_back(std::move(key));
  add_healthcheck(rows, "services.*.proxy.healthcheck", "when a candidate counts as proved");
  add_healthcheck(rows, "services.*.healthcheck", "the same, for a service without a proxy");
  add_uploads(rows, "services.*.files", false);
  add_uploads(rows, "services.*.directories", true);
  add_rollout(rows, "services.*.rollout", "instead of the shared `rollout`, key by key");
  return rows;
}

}  // namespace segue
