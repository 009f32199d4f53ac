#include "read_route.hpp"

#include "names.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <set>

namespace segue {
namespace {

void read_hosts(const MapReader& proxy, RouteConfig& route, Problems& problems) {
  if (proxy.has("host") && proxy.has("hosts"))
    problems.add(proxy.place_of("host"), "`host` and `hosts` are both given",
                 "put all names into `hosts`");
  auto names = proxy.texts("hosts");
  if (const auto single = proxy.text("host")) names.push_back(*single);
  if (proxy.has("hosts") && proxy.node("hosts")->kind == YamlNode::Kind::list &&
      proxy.node("hosts")->items.empty())
    problems.add(proxy.place_of("hosts"), "`hosts` is empty",
                 "remove it to serve every host name that no other route has");
  std::set<std::string> named;
  for (const MapReader::Text& name : names) {
    const std::string host = lower_case(name.text);
    if (host.rfind("*.", 0) == 0) {
      if (proxy.flag("ssl").value_or(false))
        problems.add(
            name.at,
            fmt::format("`ssl: true` for {} needs a DNS challenge, which does not work yet", host),
            "name each host");
      else
        problems.not_yet(name.at, host, "name each host");
      continue;
    }
    problems.take(check_domain(host).map([] { return true; }), name.at);
    if (!named.insert(host).second)
      problems.add(name.at, fmt::format("\"{}\" is named twice", host), "remove one");
    route.hosts.push_back(host);
  }
}

void read_path_prefix(const MapReader& proxy, RouteConfig& route, Problems& problems) {
  const auto prefix = proxy.text("path_prefix");
  route.strip_prefix = proxy.flag("strip_prefix").value_or(false);
  if (route.strip_prefix && (!prefix || prefix->text == "/"))
    problems.add(proxy.place_of("strip_prefix"), "`strip_prefix` needs a `path_prefix` to remove",
                 "add `path_prefix: /api`");
  if (!prefix) return;
  std::string path = prefix->text;
  problems.take(check_url_path(path).map([] { return true; }), prefix->at);
  if (path.find_first_of("*?#{}") != std::string::npos)
    problems.add(prefix->at, "no * ? # { } in a path prefix", "write it like /api");
  while (!path.empty() && path.back() == '/') path.pop_back();
  route.path_prefix = path;
}

std::string read_secret_name(const MapReader& section, std::string_view key, Problems& problems) {
  const auto name = section.text(key);
  if (!name) return {};
  problems.take(check_variable_name(name->text).map([] { return true; }), name->at);
  return name->text;
}

// Certificates are made out to names: without one there is nothing to ask for, or to choose by.
void read_ssl(const MapReader& proxy, RouteConfig& route, Problems& problems) {
  const MapReader own = proxy.section("ssl");
  if (!own.exists() && !proxy.flag("ssl").value_or(false)) return;
  SslConfig ssl;
  ssl.at = own.exists() ? own.at() : proxy.place_of("ssl");
  ssl.certificate_secret = read_secret_name(own, "certificate_pem", problems);
  ssl.key_secret = read_secret_name(own, "private_key_pem", problems);
  if (!proxy.has("host") && !proxy.has("hosts"))
    problems.add(ssl.at, "`ssl` needs a `host`: a certificate is made out to a name",
                 "add `host: shop.example.com`");
  route.ssl = ssl;
}

HealthcheckConfig read_healthcheck(const MapReader& keys, const std::optional<RouteConfig>& route,
                                   std::optional<EngineKind> engine, Problems& problems) {
  HealthcheckConfig check;
  if (const auto path = keys.text("path")) {
    problems.take(check_url_path(path->text).map([] { return true; }), path->at);
    check.path = path->text;
  }
  if (const auto command = keys.text("cmd")) {
    if (command->text.empty()) problems.add(command->at, "`cmd` is empty", "remove it");
    check.command = command->text;
  }
  if (keys.has("path") && keys.has("cmd"))
    problems.add(keys.place_of("cmd"), "`path` and `cmd` are both given", "keep one of them");
  const auto runtime = keys.text("cmd_runtime");
  if (runtime && (runtime->text == "docker" || runtime->text == "podman"))
    check.command_runtime = runtime->text == "podman" ? EngineKind::podman : EngineKind::docker;
  if (runtime && check.command_runtime && engine && check.command_runtime != engine)
    problems.add(
        runtime->at,
        fmt::format("`cmd_runtime` is {}, but the engine is {}", runtime->text, to_string(*engine)),
        fmt::format("write {}, or remove it", to_string(*engine)));
  check.status = keys.numbers("status");
  check.port = keys.number("port");
  if (keys.has("path") && !check.port && !route)
    problems.add(keys.place_of("path"), "`path` needs a port to ask",
                 "add `port`, where the application listens");
  if (const auto host = keys.text("host")) {
    const std::string name = lower_case(host->text);
    problems.take(check_domain(name).map([] { return true; }), host->at);
    check.host_header = name;
  }
  check.interval = keys.duration("interval").value_or(check.interval);
  check.timeout = keys.duration("timeout").value_or(check.timeout);
  check.deploy_timeout = keys.duration("deploy_timeout").value_or(check.deploy_timeout);
  check.readiness_delay = keys.duration("readiness_delay").value_or(check.readiness_delay);
  return check;
}

std::optional<RouteConfig> read_route(const MapReader& proxy, Problems& problems) {
  if (!proxy.exists()) return std::nullopt;
  RouteConfig route;
  route.at = proxy.at();
  route.app_port = proxy.number("app_port").value_or(0);
  read_hosts(proxy, route, problems);
  read_path_prefix(proxy, route, problems);
  read_ssl(proxy, route, problems);
  if (const auto scheme = proxy.text("scheme"); scheme && scheme->text == "h2c") {
    route.h2c = true;
    if (!route.ssl)
      problems.note(scheme->at, "`scheme: h2c` without `ssl`: clients speak HTTP/1.1 to the proxy",
                    "gRPC clients need `ssl`");
  }
  if (proxy.has("app_port")) return route;
  const bool names_route = proxy.has("host") || proxy.has("hosts") || proxy.has("path_prefix") ||
                           proxy.has("ssl") || proxy.has("strip_prefix");
  if (names_route || !proxy.has("healthcheck"))
    problems.add(proxy.at(), "`app_port` is missing",
                 "the proxy must know on which port the application listens");
  return std::nullopt;
}

std::vector<RouteConfig> read_targets(const MapReader& proxy, Problems& problems) {
  constexpr size_t kMostTargets = 20;
  for (const char* key :
       {"app_port", "host", "hosts", "path_prefix", "strip_prefix", "scheme", "ssl"})
    if (proxy.has(key))
      problems.add(proxy.place_of(key), fmt::format("`{}` and `targets` are both given", key),
                   "move it into one of the targets");
  std::vector<RouteConfig> routes;
  const auto& items = proxy.node("targets")->items;
  if (items.size() > kMostTargets)
    problems.add(proxy.place_of("targets"), fmt::format("more than {} targets", kMostTargets),
                 "put several host names into `hosts` of one");
  for (const YamlNodePointer& item : items) {
    if (item->kind != YamlNode::Kind::map) continue;
    const MapReader keys(item.get(), item->at);
    if (!keys.has("app_port")) continue;  // check_schema has said so
    auto route = read_route(keys, problems);
    if (!route) continue;
    route->target = static_cast<int>(routes.size());
    routes.push_back(std::move(*route));
  }
  return routes;
}

}  // namespace

std::vector<RouteConfig> read_routes(const MapReader& proxy, Problems& problems) {
  if (proxy.has("targets")) return read_targets(proxy, problems);
  auto route = read_route(proxy, problems);
  return route ? std::vector<RouteConfig>{std::move(*route)} : std::vector<RouteConfig>{};
}

std::optional<HealthcheckConfig> read_healthchecks(const MapReader& service,
                                                   const std::optional<RouteConfig>& route,
                                                   std::optional<EngineKind> engine,
                                                   Problems& problems) {
  const MapReader own = service.section("healthcheck");
  const MapReader proxied = service.section("proxy").section("healthcheck");
  if (own.exists() && proxied.exists())
    problems.add(own.at(), "`healthcheck` and `proxy.healthcheck` are both given",
                 "keep one of them");
  if (!own.exists() && !proxied.exists()) return std::nullopt;
  return read_healthcheck(proxied.exists() ? proxied : own, route, engine, problems);
}

}  // namespace segue
