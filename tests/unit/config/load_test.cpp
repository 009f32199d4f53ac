#include "segue/config/load.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

using namespace segue;
using Words = std::vector<std::string>;

namespace {

LoadedConfig load(const std::string& text) {
  return load_config({"deploy.yml", text, "", {}});
}

Config valid(const std::string& text) {
  const LoadedConfig loaded = load(text);
  for (const Error& error : loaded.errors) FAIL_CHECK(show_diagnostic(error, text, "error"));
  REQUIRE(loaded.config);
  return *loaded.config;
}

// A file whose only service has these further lines.
std::string with(const std::string& lines, const std::string& top = "") {
  std::string text =
      "project: shop\nservers: {web-1: {host: 10.0.0.1}, web-2: {host: 10.0.0.2}}\n" + top +
      "services:\n  web:\n    image: web:1\n    hosts: [web-1, web-2]\n";
  for (const std::string& line : split_lines(lines)) text += "    " + line + "\n";
  return text;
}

ServiceConfig service(const std::string& lines, const std::string& top = "") {
  return valid(with(lines, top)).services.at(0);
}

Words command(const std::string& yaml) {
  return service("command: " + yaml).command;
}

}  // namespace

TEST_CASE("the smallest file gets every default") {
  const Config config = valid(
      "project: shop\nservers:\n  web-1:\n    host: localhost\n"
      "services:\n  web:\n    image: web:1\n    hosts: [web-1]\n");
  CHECK(config.project == "shop");
  CHECK_FALSE(config.engine.has_value());
  CHECK(config.servers.at(0).is_local());
  CHECK(config.ssh.read_config);
  CHECK(config.ssh.connect_timeout == Duration(10'000));
  CHECK(config.ssh.command_timeout == Duration(300'000));
  CHECK(config.proxy.image == "caddy:2");
  CHECK(config.proxy.http_port == 80);
  const ServiceConfig& web = *config.service("web");
  CHECK(web.replicas == 1);
  CHECK(web.restart == RestartPolicy::unless_stopped);
  CHECK(web.stop_timeout == Duration(10'000));
  CHECK(web.drain_timeout == Duration(30'000));
  CHECK_FALSE(web.route);
  CHECK_FALSE(web.healthcheck);
  CHECK_FALSE(web.stop_first);
  CHECK_FALSE(web.image_was_untagged);
  CHECK(web.at.line == 6);
  CHECK(config.server("nobody") == nullptr);
}

TEST_CASE("every key that works arrives as a typed value") {
  const Config config = valid(R"(
project: shop
servers:
  web-1: {host: web.example.com, user: root, port: 2222, keys: [~/.ssh/one], key_path: ~/.ssh/two}
ssh: {user: deploy, port: 2200, keys: ~/.ssh/id, config: ./ssh_config, connect_timeout: 3, command_timeout: 1m}
builder: {engine: docker}
proxy: {image: "registry.example.com:5000/caddy:2.8", http_port: 8080, https_port: 8443}
services:
  web:
    image: web:1
    hosts: [web-1]
    replicas: 3
    ports: ["3000", 3001]
    restart: no
    volumes: ["data:/var/lib/data:ro,z", "/srv/x:/x"]
    stop_first: false
    stop_timeout: 20s
    drain_timeout: 0s
    proxy:
      app_port: 3000
      hosts: [Shop.example.com, www.example.com]
      path_prefix: /api/
      ssl: false
      healthcheck:
        {path: "/up?deep=1", status: [200, 301], port: 3001, host: up.example.com, interval: 250ms,
         timeout: 2s, deploy_timeout: 2m, readiness_delay: 1s, cmd_runtime: docker}
x-anything: [1, {a: b}]
)");
  const ServerConfig& server = config.servers.at(0);
  CHECK(server.user == "root");
  CHECK(server.port == 2222);
  CHECK(server.keys == Words{"~/.ssh/one", "~/.ssh/two"});
  CHECK_FALSE(server.is_local());
  CHECK(config.ssh.keys == Words{"~/.ssh/id"});
  CHECK(config.ssh.config_files == std::vector<std::string>{"./ssh_config"});
  CHECK(config.ssh.connect_timeout == Duration(3000));
  CHECK(config.proxy.image == "registry.example.com:5000/caddy:2.8");
  CHECK(config.proxy.https_port == 8443);
  const ServiceConfig& web = config.services.at(0);
  CHECK(web.restart == RestartPolicy::no);
  CHECK(web.stop_first == false);
  CHECK(web.drain_timeout == Duration(0));
  REQUIRE(web.ports.size() == 2);
}

TEST_CASE("a port has an address, a host port and a protocol only where they are written") {
  const ServiceConfig web = service("ports: [\"127.0.0.1:8080:80\", 3000, \"[::1]:53:53/udp\"]");
  REQUIRE(web.ports.size() == 3);
  CHECK(web.ports[0].address == "127.0.0.1");
  CHECK(web.ports[0].host_port == 8080);
  CHECK(web.ports[0].container_port == 80);
  CHECK_FALSE(web.ports[1].host_port);
  CHECK(web.ports[1].container_port == 3000);
  CHECK(web.ports[2].address == "[::1]");
  CHECK(web.ports[2].protocol == "udp");
}

TEST_CASE("a route has lower-case host names and a prefix without a slash at its end") {
  const ServiceConfig web = service(
      "proxy: {app_port: 3000, hosts: [Shop.example.com, www.example.com], path_prefix: /api/}");
  REQUIRE(web.route);
  CHECK(web.route->app_port == 3000);
  CHECK(web.route->hosts == Words{"shop.example.com", "www.example.com"});
  CHECK(web.route->path_prefix == "/api");
  CHECK(service("proxy: {app_port: 80, path_prefix: /}").route->path_prefix.empty());
}

TEST_CASE("a proxy section without app_port is a health check without a route") {
  const ServiceConfig web = service("proxy: {healthcheck: {cmd: test -f /tmp/ready}}");
  CHECK_FALSE(web.route);
  REQUIRE(web.healthcheck);
  CHECK(web.healthcheck->command == "test -f /tmp/ready");
  CHECK(web.healthcheck->interval == Duration(1000));
}

TEST_CASE("a health check keeps what was asked for") {
  const ServiceConfig web = service(
      "healthcheck: {path: /up, status: [200, 301], port: 3001, host: Up.example.com, interval: "
      "250ms, deploy_timeout: 2m}");
  REQUIRE(web.healthcheck);
  CHECK(web.healthcheck->path == "/up");
  CHECK(web.healthcheck->status == std::vector<int>{200, 301});
  CHECK(web.healthcheck->port == 3001);
  CHECK(web.healthcheck->host_header == "up.example.com");
  CHECK(web.healthcheck->interval == Duration(250));
  CHECK(web.healthcheck->deploy_timeout == Duration(120'000));
  CHECK(service("healthcheck: {cmd: x, status: 204}").healthcheck->status == std::vector<int>{204});
}

TEST_CASE("named volumes get the service's name in front, host paths do not") {
  const auto volumes = service("volumes: [\"data:/var/lib/data:ro,z\", /srv/x:/x]").volumes;
  REQUIRE(volumes.size() == 2);
  CHECK(volumes[0].source == "web-data");
  CHECK(volumes[0].named);
  CHECK(volumes[0].options == "ro,z");
  CHECK(volumes[1].source == "/srv/x");
  CHECK_FALSE(volumes[1].named);
  const auto below_home = service("volumes: [./data:/data, \"~/logs:/logs:ro\"]").volumes;
  CHECK(below_home[0].source == "./data");
  CHECK_FALSE(below_home[0].named);
  CHECK(below_home[1].source == "./logs");
}

TEST_CASE("values of environment variables keep their text") {
  const ServiceConfig web = service(
      "environment:\n  clear: {A: no, B: 010, C: 1.50, D: 'x ', E: \"\", F: ~x, G: $$HOME and "
      "$HOME, discovery.type: single-node}");
  CHECK(web.environment.at("A") == "no");
  CHECK(web.environment.at("B") == "010");
  CHECK(web.environment.at("C") == "1.50");
  CHECK(web.environment.at("D") == "x ");
  CHECK(web.environment.at("E").empty());
  CHECK(web.environment.at("G") == "$HOME and $HOME");
  CHECK(web.environment.at("discovery.type") == "single-node");
}

TEST_CASE("the service's environment wins over the shared one, clear over secret and back") {
  const ServiceConfig web =
      service("environment: {clear: {A: own, C: own}, secrets: [B, Z]}",
              "environment: {clear: {A: shared, B: shared, D: shared}, secrets: [C, E]}\n");
  CHECK(web.environment ==
        std::map<std::string, std::string>{{"A", "own"}, {"C", "own"}, {"D", "shared"}});
  CHECK(web.secrets == Words{"B", "E", "Z"});
}

TEST_CASE("a command is split as a shell would, and left to a shell where only a shell can") {
  CHECK(command("npm start") == Words{"npm", "start"});
  CHECK(command("[npm, 'two words']") == Words{"npm", "two words"});
  CHECK(command("[single]") == Words{"single"});
  CHECK(command(R"('run "two words" one\ word ""')") == Words{"run", "two words", "one word", ""});
  CHECK(command(R"("say 'a;b|c' \"d>e\"")") == Words{"say", "a;b|c", "d>e"});
  CHECK(command(R"('say "a\"b\\c\d"')") == Words{"say", "a\"b\\c\\d"});
  CHECK(command("a#b c=d --x={y}") == Words{"a#b", "c=d", "--x={y}"});
  for (const std::string& text :
       Words{"a | b", "a && b", "a; b", "a > b", "echo $A", "echo `a`", "(a)", "ls *.txt",
             "A=1 run", "exec run", "cd x", "run ~/x", "run # not this", "say \"$A\""})
    CHECK(command(fmt::format("'{}'", text)) == Words{"sh", "-c", text});
}

TEST_CASE("an image gets the version that was named, or latest with a note") {
  const std::string text = with("");
  const auto versioned = replace_all(text, "web:1", "web:${VERSION}-alpine");
  LoadRequest request{"deploy.yml", versioned, "staging", "v2"};
  const auto loaded = load_config(request);
  REQUIRE(loaded.config);
  CHECK(loaded.config->services.at(0).image == "web:v2-alpine");
  CHECK(loaded.config->environment == "staging");
  const auto untagged = load(replace_all(text, "web:1", "ghcr.io/acme/web"));
  REQUIRE(untagged.config);
  CHECK(untagged.config->services.at(0).image == "ghcr.io/acme/web:latest");
  CHECK(untagged.config->services.at(0).image_was_untagged);
  CHECK(untagged.notes.size() == 1);
}

TEST_CASE("image references of all kinds are accepted") {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const std::string& image :
       Words{"web:1", "localhost:5000/a/b_c/d__e.f--g:1.2_3-x", "GHCR.io/acme/web:1",
             "web:1" + digest, "web" + digest, "registry.example.com/web:v1"})
    CHECK(valid(replace_all(with(""), "web:1", "\"" + image + "\"")).services.at(0).image == image);
}

TEST_CASE("anchors, aliases and merge keys work; what stands in the map itself wins") {
  const Config config = valid(R"(
project: shop
servers: {web-1: {host: 10.0.0.1}}
x-base: &base {image: "web:1", hosts: &hosts [web-1], replicas: 2}
x-more: &more {replicas: 3, stop_timeout: 5s}
services:
  web: {<<: *base, replicas: 4}
  worker:
    <<: [*base, *more]
  other: {image: "other:1", hosts: *hosts}
)");
  CHECK(config.services.at(0).replicas == 4);
  CHECK(config.services.at(1).replicas == 2);
  CHECK(config.services.at(1).stop_timeout == Duration(5000));
  CHECK(config.services.at(2).hosts == Words{"web-1"});
}

TEST_CASE("a byte order mark and line ends of other systems change nothing") {
  const std::string text = "\xEF\xBB\xBF" + replace_all(with("replicas: 2"), "\n", "\r\n");
  CHECK(valid(text).services.at(0).replicas == 2);
  const auto loaded = load(replace_all(text, "project", "projekt"));
  REQUIRE(loaded.errors.size() == 1);
  CHECK(contains(show_diagnostic(loaded.errors[0], text, "error"), "deploy.yml:1:1: error"));
}

TEST_CASE("bytes that are no text are refused at their place") {
  const auto nul = load(std::string("project: a\nb: \0", 15));
  REQUIRE(nul.errors.size() == 1);
  CHECK(nul.errors[0].what == "a NUL byte: this is not a text file");
  CHECK(nul.errors[0].at->line == 2);
  CHECK(nul.errors[0].at->column == 4);
  for (const std::string& bytes :
       Words{"\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"})
    CHECK(load("project: " + bytes).errors.at(0).what == "this byte is not valid UTF-8");
  CHECK(load(with("command: \"a\\0b\"")).errors.at(0).what == "the text contains a NUL byte");
}

TEST_CASE("every escape of YAML becomes the character that it names") {
  const ServiceConfig web =
      service(R"(environment: {clear: {A: "é\_é\N\L\P\xe9\u00e9\U0001F600\/\e"}})");
  CHECK(web.environment.at("A") == "é\u00a0é\u0085\u2028\u2029éé😀/\x1b");
}

TEST_CASE("an error inside a shared anchor is reported once") {
  const auto loaded = load(
      "project: shop\nservers: {web-1: {host: 10.0.0.1}}\nx-env: &env {clear: {A: \"${B\"}}\n"
      "services:\n  a: {image: a:1, hosts: [web-1], environment: *env}\n"
      "  b: {image: a:1, hosts: [web-1], environment: *env}\n");
  CHECK(loaded.errors.size() == 1);
}

TEST_CASE("HTTPS is off, automatic, or by a certificate that is kept as secrets") {
  const std::string names = "  app_port: 3000\n  host: shop.example.com\n";
  CHECK_FALSE(service("proxy:\n" + names).route->ssl);
  CHECK_FALSE(service("proxy:\n" + names + "  ssl: false\n").route->ssl);
  const Config automatic = valid(
      "project: shop\nservers: {web-1: {host: 10.0.0.1}}\n"
      "proxy: {email: me@example.com, acme_ca: \"https://ca.example.com/dir\", acme_ca_root: "
      "ca.pem}\n"
      "services:\n  web: {image: a:1, hosts: [web-1], proxy: {app_port: 1, host: a.example.com, "
      "ssl: "
      "true}}\n");
  CHECK(automatic.services.at(0).route->ssl->is_automatic());
  CHECK(automatic.proxy.email == "me@example.com");
  CHECK(automatic.proxy.acme_ca == "https://ca.example.com/dir");
  CHECK(automatic.proxy.acme_ca_root == "ca.pem");
  const SslConfig own =
      *service("proxy:\n" + names + "  ssl: {certificate_pem: CERT, private_key_pem: KEY}\n")
           .route->ssl;
  CHECK_FALSE(own.is_automatic());
  CHECK(own.certificate_secret == "CERT");
  CHECK(own.key_secret == "KEY");
}

TEST_CASE("a service rolls as `rollout` says, key by key as it says itself") {
  const Config config = valid(R"(
project: shop
servers: {web-1: {host: 10.0.0.1}}
rollout: {parallel: 25%, pause: 5s, max_failures: 1, on_failure: stop}
services:
  web: {image: "web:1", hosts: [web-1]}
  api: {image: "api:1", hosts: [web-1], rollout: {parallel: 2, pause: 0s, on_failure: isolate}}
)");
  const RolloutConfig& shared = config.services.at(0).rollout;
  CHECK(shared.batch_size(8) == 2);
  CHECK(shared.pause == Duration(5000));
  CHECK(shared.max_failures == 1);
  CHECK(shared.on_failure == OnFailure::stop);
  const RolloutConfig& own = config.services.at(1).rollout;
  CHECK(own.batch_size(8) == 2);
  CHECK(own.pause == Duration(0));
  CHECK(own.max_failures == 1);
  CHECK(own.on_failure == OnFailure::isolate);
  const RolloutConfig unsaid = valid(with("")).services.at(0).rollout;
  CHECK(unsaid.batch_size(50) == 1);
  CHECK(unsaid.on_failure == OnFailure::rollback);
}

TEST_CASE("a percentage of hosts is rounded down, but never to none") {
  const auto hosts_at_a_time = [](size_t percent, size_t hosts) {
    return RolloutConfig{.parallel = percent, .is_percent = true}.batch_size(hosts);
  };
  CHECK(hosts_at_a_time(25, 10) == 2);
  CHECK(hosts_at_a_time(25, 3) == 1);
  CHECK(hosts_at_a_time(1, 50) == 1);
  CHECK(hosts_at_a_time(34, 3) == 1);
  CHECK(hosts_at_a_time(67, 3) == 2);
  CHECK(hosts_at_a_time(99, 100) == 99);
  CHECK(hosts_at_a_time(100, 7) == 7);
}

TEST_CASE("what a service depends on comes before it, else the order of the file holds") {
  const Config config = valid(R"(
project: shop
servers: {web-1: {host: 10.0.0.1}}
services:
  web: {image: "web:1", hosts: [web-1], depends_on: [api, db]}
  jobs: {image: "jobs:1", hosts: [web-1]}
  api: {image: "api:1", hosts: [web-1], depends_on: [db]}
  db: {image: "db:1", hosts: [web-1]}
)");
  Words names;
  for (const ServiceConfig* service : config.services_in_order()) names.push_back(service->name);
  CHECK(names == Words{"jobs", "db", "api", "web"});
}

TEST_CASE("of any services that may come next, the first of the file does") {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    Config config;
    config.services.resize(1 + random() % 12);
    for (size_t i = 0; i < config.services.size(); ++i) {
      config.services[i].name = std::to_string(i);
      for (size_t many = random() % 3; many > 0; --many)
        config.services[i].depends_on.push_back(
            {std::to_string(random() % (config.services.size() + (round % 5 == 0 ? 1 : 0))), {}});
    }
    // The rule itself, word for word.
    std::vector<const ServiceConfig*> wanted;
    const auto is_in = [&](const Dependency& on) {
      return std::ranges::any_of(wanted, [&](const auto* one) { return one->name == on.service; });
    };
    while (true) {
      const auto next = std::ranges::find_if(config.services, [&](const ServiceConfig& service) {
        return std::ranges::count(wanted, &service) == 0 &&
               std::ranges::all_of(service.depends_on, is_in);
      });
      if (next == config.services.end()) break;
      wanted.push_back(&*next);
    }
    CHECK(config.services_in_order() == wanted);
  }
}

TEST_CASE("targets are routes of one service, each with keys of its own") {
  const ServiceConfig web = service(
      "proxy:\n  targets:\n    - {app_port: 3000, hosts: [a.example.com, b.example.com]}\n"
      "    - {app_port: 9000, host: a.example.com, path_prefix: /admin/, strip_prefix: true}\n"
      "  healthcheck: {path: /up}");
  REQUIRE(web.more_routes.size() == 1);
  CHECK(web.route->app_port == 3000);
  CHECK(web.route->target == 0);
  CHECK(web.more_routes[0].target == 1);
  CHECK(web.more_routes[0].path_prefix == "/admin");
  CHECK(web.more_routes[0].strip_prefix);
  CHECK(web.healthcheck->path == "/up");
  CHECK(web.by_route().size() == 2);
  CHECK(web.by_route()[1].route->app_port == 9000);

  const auto said = [](const std::string& proxy) {
    std::string all;
    for (const Error& error : load(with("proxy: {" + proxy + "}")).errors) all += error.what + "\n";
    return all;
  };
  CHECK(said("targets: []") == "`services.web.proxy.targets` is empty\n");
  CHECK(said("app_port: 1, targets: [{app_port: 3000}]") ==
        "`app_port` and `targets` are both given\n");
  CHECK(said("targets: [{host: a.example.com}]") ==
        "`services.web.proxy.targets[0].app_port` is missing\n");
  CHECK(said("targets: [3000]") ==
        "`services.web.proxy.targets[0]` must be a map of keys, not \"3000\"\n");
  CHECK(said("targets: [{app_port: 1}, {app_port: 2}]") ==
        "two targets of \"web\" both take every host name\n");
  CHECK(
      contains(said("targets: [{app_port: 1, host: a.example.com, ssl: true}, {app_port: 2, host: "
                    "a.example.com, path_prefix: /x}]"),
               "`ssl` of a.example.com differs"));
  CHECK(contains(said("targets: [{app_port: 1, healthcheck: {path: /}}]"), "unknown key"));
}

TEST_CASE("the port of the application is the proxy's to publish, also of a further target") {
  const ServiceConfig web = service(
      "ports: [\"127.0.0.1:3000:3000\", \"3000\", \"4000:4000\", \"3000:3000/udp\"]\n"
      "stop_first: true\n"
      "proxy: {targets: [{app_port: 3000}, {app_port: 4000, path_prefix: /a}, {app_port: 4000, "
      "path_prefix: /b}]}");
  REQUIRE(web.ports.size() == 2);
  CHECK_FALSE(web.ports[0].host_port);
  CHECK(web.ports[1].protocol == "udp");
  REQUIRE(web.route->ports.size() == 1);
  CHECK(web.route->ports[0].address == "127.0.0.1");
  REQUIRE(web.more_routes.at(0).ports.size() == 1);
  CHECK(web.more_routes.at(1).ports.empty());
  CHECK(web.all_ports().size() == 4);
}

TEST_CASE("a release command is split as a command is") {
  CHECK(service("release: bin/migrate 'all of it'").release_command ==
        std::vector<std::string>{"bin/migrate", "all of it"});
  CHECK(service("release: a && b").release_command ==
        std::vector<std::string>{"sh", "-c", "a && b"});
  CHECK(service("release: [a, \"b c\"]").release_command == std::vector<std::string>{"a", "b c"});
}
