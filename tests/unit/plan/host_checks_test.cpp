// What stands against a deploy is found on the facts, before anything is changed.
#include "support/facts.hpp"

#include "segue/base/text.hpp"
#include "segue/plan/deploy_planner.hpp"

#include <functional>

using namespace segue;

namespace {

const char* const kShop = R"yml(
project: shop
servers:
  web-1: {host: 203.0.113.7}
  web-2: {host: 203.0.113.8}
services:
  web:
    image: acme/web:v1
    hosts: [web-1, web-2]
    proxy: {app_port: 3000}
  db:
    image: postgres:v1
    hosts: [web-1]
    ports: ["5432:5432"]
    volumes: ["data:/var/lib/postgresql/data"]
)yml";

struct Fleet {
  Fleet() : config(config_of(kShop)) {
    for (const ServerConfig& server : config.servers)
      facts[server.name] = FactsBuilder(config, server.name).facts;
  }
  std::vector<Error> errors(const std::vector<std::string>& services = {}) const {
    return check_hosts({config, facts, services, {}, "4-v2-bb22", "salt"});
  }
  // The only error, as a person reads it.
  std::string only_error() const {
    const auto found = errors();
    REQUIRE(found.size() == 1);
    CHECK_FALSE(found.front().hint.empty());
    return to_string(found.front());
  }
  HostFacts& first() { return facts.at("web-1"); }

  Config config;
  std::map<std::string, HostFacts> facts;
};

}  // namespace

TEST_CASE("nothing stands against a deploy to good hosts, fresh or not") {
  Fleet fleet;
  CHECK(fleet.errors().empty());
  FactsBuilder used(fleet.config);
  used.images().network().proxy();
  used.deployed("web", {"3-v1-aa11", Slot::green, {}})
      .deployed("db", {"3-v1-aa11", Slot::green, {}});
  fleet.first() = used.facts;
  CHECK(fleet.errors().empty());
}

TEST_CASE("a published port that somebody else has is named with its owner") {
  Fleet fleet;
  fleet.first().ports.push_back({5432, "tcp", ""});
  CHECK(fleet.only_error() == "web-1: port 5432 of db is taken by another process");
  fleet.first().ports.back().container = "their-postgres";
  CHECK(fleet.only_error() == "web-1: port 5432 of db is taken by container their-postgres");
  CHECK(fleet.errors({"web"}).empty());  // of no concern with -S web
  fleet.first().ports.back().protocol = "udp";
  CHECK(fleet.errors().empty());
}

TEST_CASE("the proxy's ports must be free or its own") {
  Fleet fleet;
  fleet.first().ports.push_back({80, "tcp", ""});
  CHECK(fleet.only_error() == "web-1: port 80 of the proxy is taken by another process");
  fleet.first().ports.back().container = kProxyName;
  CHECK(fleet.errors().empty());
}

TEST_CASE("a container in the way is never touched, whoever made it") {
  Fleet fleet;
  fleet.first().names.push_back({"shop-web", "", "", ""});
  CHECK(fleet.only_error() ==
        "web-1: a container named shop-web is in the way: segue did not make it");
  fleet.first().names.back() = {"shop-web", "other", "", "web"};
  CHECK(fleet.only_error() ==
        "web-1: a container named shop-web is in the way: it belongs to project other");
  fleet.first().names.back() = {"shop-web", "shop", "", "web"};
  CHECK(fleet.errors().empty());
}

TEST_CASE("a container called segue-proxy that is not ours is in the way of the proxy") {
  Fleet fleet;
  fleet.first().names.push_back({kProxyName, "", "", ""});
  CHECK(fleet.only_error() ==
        "web-1: a container named segue-proxy is in the way: segue did not make it");
}

TEST_CASE("a volume below the home of a login that has none is an error") {
  Fleet fleet;
  for (ServiceConfig& service : fleet.config.services)
    for (VolumeConfig& volume : service.volumes) volume = {"./data", volume.target, "", false};
  CHECK(fleet.errors().empty());
  fleet.first().login_home.clear();
  CHECK(fleet.only_error() ==
        "web-1: ./data of db is below the home of the login, who has none here");
}

TEST_CASE("a volume of another project is not shared by accident, an unlabelled one is used") {
  Fleet fleet;
  fleet.first().volumes.push_back({"db-data", "blog", ""});
  CHECK(fleet.only_error() == "web-1: the volume db-data belongs to project blog");
  fleet.first().volumes.back().project = "";
  CHECK(fleet.errors().empty());
}

TEST_CASE("one machine under two names is one too many") {
  Fleet fleet;
  fleet.facts.at("web-2").machine_id = fleet.first().machine_id;
  fleet.facts.at("web-2").engine_id = fleet.first().engine_id;
  CHECK(fleet.only_error() == "web-2: web-1 and web-2 are the same machine");
}

TEST_CASE("a full disk stops a deploy before it begins") {
  Fleet fleet;
  fleet.first().free_kib = 1'024;
  CHECK(fleet.only_error() == "web-1: the disk of /var/lib/segue is full: 1,024 KiB are free");
  fleet.first().free_kib = 10'000'000;
  fleet.first().engine_free_kib = 2'048;
  CHECK(fleet.only_error() == "web-1: the disk of the engine is full: 2,048 KiB are free");
}

TEST_CASE("everything that is wrong is told at once") {
  Fleet fleet;
  fleet.first().free_kib = 0;
  fleet.first().ports.push_back({5432, "tcp", ""});
  fleet.facts.at("web-2").names.push_back({"shop-web", "", "", ""});
  CHECK(fleet.errors().size() == 3);
}

TEST_CASE("a name that another project's route claims is not taken from it") {
  Fleet fleet;
  const auto claim = [&](const std::string& path, bool https, const std::string& name) {
    fleet.first().proxy.routes["0-99.blog.staging.web.json"] = {"1 2", 1, 1, path, https, {name}};
  };
  claim("", false, "*");
  CHECK(fleet.only_error() ==
        "web-1: every host name of web belongs to web of blog (staging) already");
  claim("/blog", false, "*");
  CHECK(fleet.errors().empty());
  fleet.config.services.front().route->hosts = {"shop.example.com"};
  claim("", false, "shop.example.com");
  CHECK(fleet.only_error() ==
        "web-1: shop.example.com of web belongs to web of blog (staging) already");
  claim("/blog", true, "shop.example.com");
  CHECK(
      fleet.only_error() ==
      "web-1: shop.example.com of web is plain HTTP, but web of blog (staging) serves it by HTTPS");
  claim("", false, "blog.example.com");
  CHECK(fleet.errors().empty());
  fleet.first().proxy.routes["0-99.shop.web.json"] = {"1 2", 1, 1, "", false, {"shop.example.com"}};
  CHECK(fleet.errors().empty());  // our own
}

TEST_CASE("what Podman lacks is told before anything runs, with the remedy") {
  Fleet fleet;
  HostFacts& podman = fleet.first();
  podman.engine_kind = EngineKind::podman;
  podman.network_backend = "netavark";
  CHECK(fleet.errors().empty());
  podman.network_backend = "cni";
  CHECK(fleet.only_error() ==
        "web-1: Podman's network backend is cni: containers find nobody by name");
  podman.network_backend = "netavark";
  podman.rootless = true;
  podman.lingers = false;
  CHECK(fleet.only_error() ==
        "web-1: the user's containers would end with his last login: he does not linger");
  CHECK(fleet.errors().front().hint == "as root, once: loginctl enable-linger USER");
}

TEST_CASE("rootless Podman may not listen on a low port") {
  Fleet fleet;
  HostFacts& podman = fleet.first();
  podman.engine_kind = EngineKind::podman;
  podman.network_backend = "netavark";
  podman.rootless = true;
  podman.first_port = 443;
  CHECK(fleet.only_error() == "web-1: rootless Podman may not listen on port 80 of the proxy");
  CHECK(fleet.errors().front().hint.find("net.ipv4.ip_unprivileged_port_start=80 ") !=
        std::string::npos);
  podman.first_port = 5433;
  CHECK(fleet.errors().size() == 3);  // 5432 of db too
}

TEST_CASE("a health check for another engine is refused where that engine is not") {
  Fleet fleet;
  fleet.config =
      config_of(std::string(kShop) + "    healthcheck: {cmd: ok, cmd_runtime: podman}\n");
  CHECK(fleet.only_error() ==
        "web-1: the health check of db is for podman, but the engine here is docker");
  fleet.first().engine_kind = EngineKind::podman;
  fleet.first().network_backend = "netavark";
  CHECK(fleet.errors().empty());
}

namespace {

// What stands against one host with this service, of which "web" has these lines.
std::vector<std::string> against(
    const std::string& lines, const std::function<void(HostFacts&)>& change = [](HostFacts&) {}) {
  const Config config = config_of(
      "project: shop\nservers: {web-1: {host: 10.0.0.1, arch: amd64}}\nservices:\n  web:\n"
      "    image: acme/web:v1\n    hosts: [web-1]\n" +
      lines);
  std::map<std::string, HostFacts> facts{{"web-1", FactsBuilder(config).facts}};
  HostFacts& host = facts.at("web-1");
  host.cpus = 2;
  host.memory = 4LL * 1024 * 1024 * 1024;
  change(host);
  std::vector<std::string> found;
  for (const Error& error : check_hosts({config, facts, {}, {}, "4-v2-bb22", "salt"})) {
    CHECK_FALSE(error.hint.empty());
    found.push_back(error.what);
  }
  return found;
}

void to_podman(HostFacts& facts) {
  facts.engine_kind = EngineKind::podman;
  facts.network_backend = "netavark";
  facts.boot_unit = "none";
}

void to_rootless(HostFacts& facts) {
  to_podman(facts);
  facts.rootless = true;
  facts.controllers = "memory pids";
}

using Problems = std::vector<std::string>;

}  // namespace

TEST_CASE("more than the host has is found before anything is touched") {
  CHECK(against("    cpus: 2\n    memory: 4g\n").empty());
  CHECK(against("    cpus: 2.5\n") == Problems{"`cpus` of web is 2.5, but this host has 2"});
  CHECK(against("    memory: 5g\n") ==
        Problems{"`memory` of web is 5g, but this host has 4,096 MiB"});
  CHECK(against("    cpus: 64\n", [](HostFacts& facts) { facts.cpus = 0; }).empty());
}

TEST_CASE("a host of another architecture than deploy.yml says is an error") {
  CHECK(against("", [](HostFacts& facts) { facts.architecture = "arm64"; }) ==
        Problems{"`arch` of web-1 is amd64, but the host is arm64"});
}

TEST_CASE("what an engine lacks is said before anything is touched") {
  const std::string gpus = "    gpus: all\n";
  CHECK(against(gpus) == Problems{"web wants `gpus`, but Docker can't give any here"});
  CHECK(against(gpus, to_podman) ==
        Problems{"web wants `gpus`, but this host has no CDI specification of them"});
  CHECK(against(gpus, [](HostFacts& facts) { facts.has_gpus = true; }).empty());

  const std::string limits = "    cpus: 1\n    memory: 1g\n";
  CHECK(against(limits, to_podman).empty());
  CHECK(
      against(limits, to_rootless) ==
      Problems{"rootless Podman can't limit `cpus` of web here: it has no cgroup controller cpu"});

  CHECK(against("    init: true\n").empty());
  CHECK(against("    init: true\n", [](HostFacts& facts) {
          to_podman(facts);
          facts.has_init = false;
        }) == Problems{"web wants `init`, but Podman has no program for it here"});

  CHECK(against("    logging: {driver: gelf, options: {max-file: \"3\"}}\n", to_podman) ==
        Problems{"Podman has no logging driver gelf, which web wants",
                 "Podman has no logging option max-file, which web wants"});
  CHECK(against("    logging: {driver: json-file, options: {max-size: 1m}}\n", to_podman).empty());
  CHECK(against("    logging: {driver: k8s-file, options: {tag: x}}\n", to_podman) ==
        Problems{"Podman's logging driver k8s-file has no option tag, which web wants"});
  CHECK(against("    logging: {driver: k8s-file}\n") ==
        Problems{"the logging driver k8s-file of web is Podman's, but the engine here is Docker"});
  CHECK(against("    network_mode: host\n    proxy: {app_port: 80}\nproxy: {http_port: 8080, "
                "https_port: 8443}\n",
                to_rootless) ==
        Problems{"the proxy of rootless Podman can't reach web: `network_mode` is host"});
}

TEST_CASE("the network of another container is that of one which deploys leave alone") {
  const std::string joined = "    network_mode: container:vpn\n";
  CHECK(against(joined) == Problems{"`network_mode` of web: there is no container vpn"});
  const auto owned_by = [&](const std::string& project) {
    return against(joined, [&](HostFacts& facts) {
      facts.names.push_back({"vpn", project, "", project.empty() ? "" : "vpn"});
    });
  };
  CHECK(owned_by("").empty());
  CHECK(owned_by("blog") ==
        Problems{"`network_mode` of web: the container vpn belongs to project blog"});
}

TEST_CASE("on the host's network the first container's port must be free") {
  const std::string on_host = "    network_mode: host\n    proxy: {app_port: 3000}\n";
  const auto listening = [](HostFacts& facts) { facts.ports.push_back({3000, "tcp", ""}); };
  CHECK(against(on_host).empty());
  CHECK(against(on_host, listening) == Problems{"port 3000 of web is taken by another process"});
  CHECK(against(on_host, [&](HostFacts& facts) {
          listening(facts);
          facts.names.push_back({"shop-web", "shop", "", "web"});
        }).empty());
}

TEST_CASE("a port that the proxy publishes must be free, the proxy's own, or no other project's") {
  const Config config = config_of(
      "project: shop\nservers:\n  web-1: {host: 203.0.113.7}\nservices:\n  web:\n"
      "    image: acme/web:v1\n    hosts: [web-1]\n    ports: [\"3000:3000\"]\n"
      "    proxy: {app_port: 3000, host: shop.example.com}\n");
  const auto errors_of = [&](const HostFacts& host) {
    const std::map<std::string, HostFacts> facts{{"web-1", host}};
    std::string text;
    for (const Error& error : check_hosts({config, facts, {}, {}, "4-v2-bb22", "salt"}))
      text += to_string(error) + " / " + error.hint + "\n";
    return text;
  };
  FactsBuilder host(config);
  host.images().network().proxy();
  host.facts.ports.push_back({3000, "tcp", "segue-proxy"});
  CHECK(errors_of(host.facts).empty());
  host.facts.ports.back().container.clear();
  CHECK(contains(errors_of(host.facts),
                 "port 3000 of web is taken by another process, so the proxy can't serve it"));
  host.facts.ports.back().container = "shop-web";
  host.facts.names.push_back({"shop-web", "shop", "", "web"});
  CHECK(contains(errors_of(host.facts), "deploy once without this port"));
  host.facts.ports.pop_back();
  ProxiedService other;
  other.identity = {"blog", ""};
  other.service = "web";
  other.hosts = {"blog.example.com"};
  other.app_port = 3000;
  other.ports = {{"", 3000}};
  host.route(other);
  CHECK(contains(errors_of(host.facts), "port 3000 of web belongs to web of blog already"));
}

TEST_CASE("an extra route takes no name of another project, nor the other way round") {
  const std::string rest =
      "project: shop\nservers:\n  web-1: {host: 203.0.113.7}\nservices:\n  web:\n"
      "    image: acme/web:v1\n    hosts: [web-1]\n"
      "    proxy: {app_port: 3000, host: www.example.com}\n";
  const auto extra = [](const std::string& match) {
    return "proxy: {extra: [{match: [" + match + "], handle: [{handler: static_response}]}]}\n";
  };
  const auto error_of = [](const Config& config, const HostFacts& host) {
    const std::map<std::string, HostFacts> facts{{"web-1", host}};
    std::string text;
    for (const Error& error : check_hosts({config, facts, {}, {}, "4-v2-bb22", "salt"}))
      text += to_string(error) + "\n";
    return text;
  };
  const Config shop = config_of(rest);
  FactsBuilder host(shop);
  host.images().network().proxy();
  ProxiedService other;
  other.identity = {"blog", ""};
  other.service = "web";
  other.hosts = {"blog.example.com"};
  other.path_prefix = "/blog";
  other.app_port = 3000;
  host.route(other);
  for (const char* name : {"blog.example.com", "'*.example.com'"})
    CHECK(contains(
        error_of(config_of(extra("{host: [" + std::string(name) + "]}") + rest), host.facts),
        "of proxy.extra belongs to web of blog already"));
  for (const char* match : {"{host: [blog.example.com], path: [/old]}", "{path: [/blog]}",
                            "{host: [www.example.com]}", "{host: ['*.example.org']}"})
    CHECK(error_of(config_of(extra(match) + rest), host.facts).empty());

  host.facts.proxy.routes["0-+.blog.+extra.json"].names = {"*.example.com"};
  CHECK(error_of(config_of(rest), host.facts) ==
        "web-1: www.example.com of web belongs to proxy.extra of blog already\n");
  host.facts.proxy.routes["0-+.blog.+extra.json"].names = {"*.example.org"};
  CHECK(error_of(config_of(rest), host.facts).empty());
}
