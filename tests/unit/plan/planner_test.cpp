// The rules by which the planner decides: who rolls, in which way, and that a plan which was
// carried out leaves nothing to plan.
#include "support/facts.hpp"

#include "segue/base/text.hpp"
#include "segue/plan/deploy_planner.hpp"
#include "segue/plan/plan_text.hpp"

#include <algorithm>

using namespace segue;

namespace {

std::string yaml(const std::string& service) {
  return "project: shop\nservers:\n  web-1: {host: 203.0.113.7}\nservices:\n  web:\n"
         "    image: acme/web:v1\n    hosts: [web-1]\n" +
         service;
}

const char* const kProxied = "    proxy: {app_port: 3000, host: shop.example.com}\n";

Plan plan_of(const Config& config, const FactsBuilder& host) {
  const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
  return make_plan({config, facts, {}, {}, "4-v2-bb22", "new salt"});
}

ModeChoice mode_of(const std::string& service) {
  return choose_mode(config_of(yaml(service)).services.front());
}

void make_outdated(ContainerFacts& container) {
  container.labels[label::kSpec] = "1:0000000000000000";
  container.labels[label::kFields] = R"({"image":"acme/web:v0"})";
}

}  // namespace

TEST_CASE("start-first is chosen unless two containers at once would hurt") {
  CHECK(mode_of("").mode == RollMode::start_first);
  CHECK(mode_of(kProxied).mode == RollMode::start_first);
  CHECK(mode_of("    ports: [\"3000\"]\n").mode == RollMode::start_first);
  CHECK(mode_of("    ports: [\"8080:80\"]\n").mode == RollMode::stop_first);
  CHECK(mode_of("    volumes: [\"data:/data\"]\n").mode == RollMode::stop_first);
  const ModeChoice shared = mode_of(std::string("    volumes: [\"data:/data\"]\n") + kProxied);
  CHECK(shared.mode == RollMode::start_first);
  CHECK(shared.reason.find("share its volume") != std::string::npos);
}

TEST_CASE("on the host's network the old container is stopped first, and the proxy asks the host") {
  const Config config = config_of(yaml(std::string("    network_mode: host\n") + kProxied));
  CHECK(choose_mode(config.services.front()).mode == RollMode::stop_first);
  FactsBuilder host(config);
  host.images().network();
  const Plan plan = plan_of(config, host);
  const std::string text = plan_text(plan);
  CHECK(contains(text, "let the proxy reach web on the host itself"));
  CHECK_FALSE(contains(text, "let the proxy reach it"));
  const ProxiedService proxied = proxied_service(config, config.services.front(), 1, 1);
  CHECK_FALSE(contains(route_file(proxied), "\"b-"));
  CHECK(contains(route_file(proxied), host_alias(identity_of(config), "web") + ":3000"));

  host.proxy().deployed("web", {"3-v1-aa11", Slot::blue, {}});
  host.facts.addresses = {host_alias(identity_of(config), "web")};
  CHECK(plan_of(config, host).empty());
}

TEST_CASE("each target of a service is a route of its own, and what a target had goes with it") {
  const auto with = [](const std::string& targets) {
    return config_of(yaml("    proxy: {targets: [" + targets + "]}\n"));
  };
  const Config two = with(
      "{app_port: 3000, host: shop.example.com}, "
      "{app_port: 9000, host: shop.example.com, path_prefix: /admin, strip_prefix: true}");
  FactsBuilder host(two);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  REQUIRE(host.facts.proxy.routes.size() == 2);
  CHECK(host.facts.proxy.routes.contains("0-93+1.shop.web.json"));
  for (const auto& [file, route] : host.facts.proxy.routes)
    CHECK(service_of_route(file, identity_of(two)) == "web");
  CHECK(plan_of(two, host).empty());

  // Another port of the second one is a new container, and the old one keeps its own until then.
  const Config moved = with(
      "{app_port: 3000, host: shop.example.com}, "
      "{app_port: 9001, host: shop.example.com, path_prefix: /admin, strip_prefix: true}");
  const Plan plan = plan_of(moved, host);
  REQUIRE(plan.rolls.size() == 1);
  REQUIRE(plan.rolls.front().changes.size() == 1);
  CHECK(plan.rolls.front().changes.front().field == "proxy.targets.2.app_port");
  REQUIRE(plan.stage.size() == 1);
  const std::string script = plan.stage.front().steps.back().section.body.without_secrets();
  CHECK(contains(script, ":9000"));
  CHECK(contains(script, ":9001"));
  CHECK(contains(script, "0-93+1.shop.web.json"));
  CHECK_FALSE(contains(script, "0-99.shop.web.json"));  // that one stays as it is

  // With one route less its file goes.
  const Config one = with("{app_port: 3000, host: shop.example.com}");
  const Plan less = plan_of(one, host);
  REQUIRE(less.stage.size() == 1);
  CHECK(contains(less.stage.front().steps.back().section.body.without_secrets(),
                 "0-93+1.shop.web.json"));
}

TEST_CASE("a container without options has the specification that it always had") {
  const Config config = config_of(yaml(kProxied));
  const Fields fields = service_fields(config.services.front(), "sha256:aa", {}, kTestSalt);
  CHECK(fields_json(fields) ==
        R"({"image":"acme/web:v1","image_id":"sha256:aa","proxy.app_port":"3000",)"
        R"("restart":"unless-stopped"})");
}

TEST_CASE("what stop_first says holds, whatever segue would choose") {
  CHECK(mode_of("    stop_first: true\n").mode == RollMode::stop_first);
  CHECK(mode_of("    stop_first: false\n    volumes: [\"data:/data\"]\n").mode ==
        RollMode::start_first);
}

TEST_CASE("a plan that was carried out leaves nothing to do") {
  for (const char* service :
       {"", kProxied, "    ports: [\"8080:80\"]\n", "    volumes: [\"data:/data\"]\n",
        "    stop_first: true\n    proxy: {app_port: 3000}\n",
        "    healthcheck: {cmd: \"true\"}\n"}) {
    INFO(service);
    const Config config = config_of(yaml(service));
    FactsBuilder host(config);
    host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
    const Plan plan = plan_of(config, host);
    CHECK(plan.empty());
    REQUIRE(plan.unchanged.size() == 1);
    CHECK(plan.unchanged.front().release == "3-v1-aa11");
  }
}

TEST_CASE("a proxy of another image is left as it is, and that is said") {
  const Config config = config_of(yaml(kProxied) + "proxy: {image: \"caddy:2.8\"}\n");
  FactsBuilder host(config);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  CHECK(plan_of(config, host).notes.empty());
  const auto expect_note = [&] {
    const Plan plan = plan_of(config, host);
    CHECK(plan.empty());
    REQUIRE(plan.notes.size() == 1);
    CHECK(contains(plan.notes.front(), "runs from caddy:2.7, not from caddy:2.8"));
    CHECK(contains(plan.notes.front(), "segue proxy reboot"));
  };
  host.facts.proxy.image = "caddy:2.7";
  host.facts.proxy.image_id = "sha256:of-2.7";
  expect_note();
  host.facts.images.erase("caddy:2.8");  // nothing is pulled for a proxy that goes on
  expect_note();
}

TEST_CASE("a proxy that another segue made is made anew") {
  const Config config = config_of(yaml(kProxied));
  FactsBuilder host(config);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  host.facts.proxy.container->labels.erase(label::kLoop);
  const Plan plan = plan_of(config, host);
  REQUIRE(plan.stage.size() == 1);
  CHECK(contains(plan.stage.front().steps.front().why, "another segue"));
}

TEST_CASE("after the number of replicas has changed nothing is left to do either") {
  const Config one = config_of(yaml(kProxied));
  const Config two = config_of(yaml(std::string("    replicas: 2\n") + kProxied));
  FactsBuilder host(two);
  host.images().network().proxy().deployed("web", {"4-v1-bb22", Slot::blue, {}});
  // The routes are those that were written for the roll: one replica was to be left, two to come.
  const ProxiedService during = proxied_service(two, two.services.front(), 2, 1);
  host.route(during);
  CHECK(plan_of(two, host).empty());

  FactsBuilder before(one);
  before.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  const Plan grow = plan_of(two, before);
  REQUIRE(grow.rolls.size() == 1);
  REQUIRE(grow.stage.size() == 1);  // the idle slot's list must have both before it is used
}

TEST_CASE("a replica that is missing is made without a reload of the proxy") {
  const Config config = config_of(yaml(std::string("    replicas: 3\n") + kProxied));
  FactsBuilder host(config);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  host.facts.containers.erase(host.facts.containers.begin() + 1);
  const Plan plan = plan_of(config, host);
  REQUIRE(plan.rolls.size() == 1);
  CHECK(plan.stage.empty());
}

TEST_CASE("a service that loses its proxy loses its route, but not before its containers") {
  const Config with = config_of(yaml(kProxied));
  const Config without = config_of(yaml(""));
  FactsBuilder host(with);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  const Plan plan = plan_of(without, host);
  REQUIRE(plan.rolls.size() == 1);
  CHECK(plan.stage.empty());
  REQUIRE(plan.cleanup.size() == 1);
  REQUIRE(plan.cleanup.front().steps.size() == 2);
  CHECK(plan.cleanup.front().steps.back().section.body.without_secrets().find("shop.web.json") !=
        std::string::npos);

  // A deploy that died before that left the route: the next one removes it.
  FactsBuilder after(without);
  after.network().proxy().deployed("web", {"4-v1-bb22", Slot::green, {}});
  after.facts.proxy.routes = host.facts.proxy.routes;
  const Plan rest = plan_of(without, after);
  CHECK(rest.rolls.empty());
  CHECK(rest.stage.size() == 1);
}

TEST_CASE("a health check that comes to need the proxy is a reason that the plan names") {
  const Config was = config_of(yaml(""));
  const Config wanted = config_of(yaml("    healthcheck: {path: /health, port: 3000}\n"));
  FactsBuilder host(was);
  host.images().network().deployed("web", {"3-v1-aa11", Slot::green, {}});
  const Plan plan = plan_of(wanted, host);
  REQUIRE(plan.rolls.size() == 1);
  REQUIRE(plan.rolls.front().changes.size() == 1);
  CHECK(plan.rolls.front().changes.front().field == "proxy");
}

TEST_CASE("an image that moved under its tag is another image") {
  const Config config = config_of(yaml(kProxied));
  FactsBuilder host(config);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  host.facts.images["acme/web:v1"].id = "sha256:" + std::string(64, 'f');
  const Plan plan = plan_of(config, host);
  REQUIRE(plan.rolls.size() == 1);
  REQUIRE(plan.rolls.front().changes.size() == 1);
  CHECK(plan.rolls.front().changes.front().field == "image_id");
}

TEST_CASE("candidates go into the slot that does not serve, and a stop-first one into the same") {
  const Config config = config_of(yaml(kProxied));
  for (const Slot slot : {Slot::blue, Slot::green}) {
    FactsBuilder host(config);
    host.images().network().proxy().deployed("web", {"3-v1-aa11", slot, {}});
    make_outdated(host.replica("shop-web"));
    const Plan plan = plan_of(config, host);
    REQUIRE(plan.rolls.size() == 1);
    const auto& steps = plan.rolls.front().steps;
    CHECK(std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
      return step.title == "switch traffic to " + to_string(other(slot));
    }));
  }
}

TEST_CASE("a host in the hands of a stop-first service has a way back, others need none") {
  const Config config = config_of(yaml("    stop_first: true\n"));
  FactsBuilder host(config);
  host.images().network().deployed("web", {"3-v1-aa11", Slot::green, {}});
  make_outdated(host.replica("shop-web"));
  const Plan plan = plan_of(config, host);
  REQUIRE(plan.rolls.size() == 1);
  const std::string way_back = plan.rolls.front().way_back.without_secrets();
  CHECK(way_back.find("start") != std::string::npos);
  FactsBuilder fresh(config);
  CHECK(plan_of(config, fresh).rolls.front().way_back.empty());
}

TEST_CASE("services that -S leaves out are not looked at") {
  const Config config = config_of(yaml("") + "  jobs: {image: acme/jobs:v1, hosts: [web-1]}\n");
  FactsBuilder host(config);
  const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
  const Plan plan = make_plan({config, facts, {"jobs"}, {}, "4-v2-bb22", "new salt"});
  REQUIRE(plan.rolls.size() == 1);
  CHECK(plan.rolls.front().service == "jobs");
}

TEST_CASE("a secret is compared by its hash and never stands in a plan") {
  const Config config = config_of(yaml("    environment: {secrets: [TOKEN]}\n"));
  FactsBuilder host(config);
  host.images().network().deployed("web", {"3-v1-aa11", Slot::green, {{"TOKEN", Secret("one")}}});
  const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
  const SecretValues same{{"TOKEN", Secret("one")}};
  CHECK(make_plan({config, facts, {}, same, "4-v2-bb22", "new salt"}).empty());
  const SecretValues another{{"TOKEN", Secret("another-value")}};
  const Plan plan = make_plan({config, facts, {}, another, "4-v2-bb22", "new salt"});
  REQUIRE(plan.rolls.size() == 1);
  CHECK(plan.rolls.front().changes.front().field == "secret.TOKEN");
  for (const Step& step : plan.rolls.front().steps)
    CHECK(step.section.body.without_secrets().find("another-value") == std::string::npos);
}

TEST_CASE("a relative volume is below the home of the login") {
  const Config config = config_of(yaml("    volumes: [\"./data:/data:ro\"]\n"));
  FactsBuilder host(config);
  host.images().network();
  const Plan plan = plan_of(config, host);
  std::string script;
  for (const Step& step : plan.rolls.front().steps) script += step.section.body.without_secrets();
  CHECK(contains(script, "-v /home/deploy/data:/data:ro "));
}

TEST_CASE("containers of the same service that differ among themselves are replaced") {
  const Config config = config_of(yaml(std::string("    replicas: 2\n") + kProxied));
  FactsBuilder host(config);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  make_outdated(host.replica("shop-web-2"));
  CHECK(plan_of(config, host).rolls.size() == 1);
}

namespace {

const char* const kFleet = R"(project: shop
servers:
  web-1: {host: 203.0.113.7}
  web-2: {host: 203.0.113.8}
  web-3: {host: 203.0.113.9}
rollout: {parallel: 2}
services:
  web:
    image: acme/web:v1
    hosts: [web-3, web-2, web-1]
    depends_on: [db]
  db:
    image: acme/db:v1
    hosts: [web-1, web-2]
    healthcheck: {cmd: "true"}
    rollout: {parallel: 50%, on_failure: stop}
)";

struct Fleet {
  Fleet() : config(config_of(kFleet)) {
    for (const ServerConfig& server : config.servers) {
      FactsBuilder host(config, server.name);
      host.images().network();
      facts[server.name] = host.facts;
    }
  }
  void deploy(const std::string& service) {
    for (const std::string& name : config.service(service)->hosts) {
      FactsBuilder host(config, name);
      host.images().network().deployed(service, {"3-v1-aa11", Slot::green, {}});
      facts[name] = host.facts;
    }
  }
  Plan plan(std::vector<std::string> services = {}) const {
    return make_plan({config, facts, std::move(services), {}, "4-v2-bb22", "new salt"});
  }
  std::vector<Error> problems(std::vector<std::string> services) const {
    return check_hosts({config, facts, std::move(services), {}, "4-v2-bb22", "new salt"});
  }
  static bool needs_db(const Plan& plan, const std::string& host) {
    for (const HostSteps& steps : plan.stage)
      for (const Step& step : steps.steps)
        if (steps.host == host && step.section.name == "depends") return true;
    return false;
  }

  Config config;
  std::map<std::string, HostFacts> facts;
};

}  // namespace

TEST_CASE("services come in the order of their dependencies, their hosts in batches") {
  const Plan plan = Fleet().plan();
  REQUIRE(plan.order.size() == 2);
  const auto hosts = [&](const ServiceRollout& service, size_t batch) {
    std::string names;
    for (const size_t roll : service.batches.at(batch)) {
      CHECK(plan.rolls.at(roll).service == service.service);
      names += plan.rolls.at(roll).host + " ";
    }
    return names;
  };
  CHECK(plan.order[0].service == "db");
  REQUIRE(plan.order[0].batches.size() == 2);
  CHECK(hosts(plan.order[0], 0) == "web-1 ");
  CHECK(plan.order[0].policy.on_failure == OnFailure::stop);
  CHECK(plan.order[1].service == "web");
  REQUIRE(plan.order[1].batches.size() == 2);
  CHECK(hosts(plan.order[1], 0) == "web-1 web-2 ");
  CHECK(hosts(plan.order[1], 1) == "web-3 ");
}

TEST_CASE("a dependency that stays as it is has to be seen healthy before anything rolls") {
  Fleet fleet;
  fleet.deploy("db");
  CHECK(Fleet::needs_db(fleet.plan(), "web-1"));
  CHECK(Fleet::needs_db(fleet.plan(), "web-2"));
  CHECK_FALSE(Fleet::needs_db(fleet.plan(), "web-3"));
  CHECK_FALSE(Fleet::needs_db(Fleet().plan(), "web-1"));  // its own gate will prove it
  CHECK(Fleet::needs_db(fleet.plan({"web"}), "web-1"));
}

TEST_CASE("a dependency that -S leaves out must be in order, one that -H leaves out is noted") {
  Fleet fleet;
  fleet.deploy("db");
  CHECK(fleet.problems({"web"}).empty());
  fleet.facts["web-2"].containers.front().state = "exited";
  REQUIRE(fleet.problems({"web"}).size() == 1);
  CHECK(fleet.problems({"web"}).front().what.find("web depends on db: shop-db is exited") == 0);
  CHECK(fleet.problems({}).empty());  // it will be replaced
  fleet.facts.erase("web-2");
  const Plan plan = fleet.plan();
  REQUIRE(plan.notes.size() == 1);
  CHECK(plan.notes.front().find("not looked at on web-2") != std::string::npos);
}

TEST_CASE("what a deploy leaves alone is copied from the last one, also when that was in part") {
  Fleet fleet;
  fleet.deploy("db");
  ReleaseRecord record;
  record.id = "3-v1-aa11";
  record.sequence = 3;
  record.status = ReleaseStatus::partial;
  record.services = {{"web-3", "web", "acme/web:v0", "", "", "2-v0-9999", true, 1, "as_before"}};
  fleet.facts["web-1"].records[record.id] = record_json(record);
  const Plan plan = fleet.plan({"db"});
  const auto& services = plan.record.services;
  CHECK(std::any_of(services.begin(), services.end(), [](const ServiceRecord& service) {
    return service.host == "web-3" && service.release == "2-v0-9999" &&
           service.state == "unchanged";
  }));
}

TEST_CASE("with another port or protocol each slot is reached as its own containers listen") {
  const Config was = config_of(yaml("    proxy: {app_port: 3000, host: shop.example.com}\n"));
  FactsBuilder host(was);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  const Config wanted =
      config_of(yaml("    proxy: {app_port: 4000, host: shop.example.com, scheme: h2c}\n"));
  const Plan plan = plan_of(wanted, host);
  REQUIRE(plan.rolls.size() == 1);
  REQUIRE(plan.stage.size() == 1);
  const std::string staged = plan.stage.front().steps.back().section.body.without_secrets();
  const Identity identity{"shop", ""};
  CHECK(contains(staged, slot_alias(identity, "web", Slot::green, 1) + ":3000"));
  CHECK(contains(staged, slot_alias(identity, "web", Slot::blue, 1) + ":4000"));
  CHECK_FALSE(contains(staged, slot_alias(identity, "web", Slot::blue, 1) + ":3000"));
  REQUIRE(plan.cleanup.size() == 1);
  const std::string left = plan.cleanup.front().steps.back().section.body.without_secrets();
  CHECK_FALSE(contains(left, ":3000"));

  FactsBuilder after(wanted);
  after.images().network().proxy().deployed("web", {"4-v2-bb22", Slot::blue, {}});
  CHECK(plan_of(wanted, after).empty());
}

TEST_CASE("a value that is made of secrets reaches its container as a secret does") {
  const Config config =
      config_of(yaml("    environment: {clear: {URL: \"db://app:${PASSWORD}@db\"}}\n"));
  const std::string key = config.services.front().secret_key("URL");
  FactsBuilder host(config);
  host.images().network().deployed("web", {"3-v1-aa11", Slot::green, {{key, Secret("one")}}});
  const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
  CHECK(make_plan({config, facts, {}, {{key, Secret("one")}}, "4-v2-bb22", "new salt"}).empty());
  const Secret another("tr4ceable");
  const Plan plan = make_plan({config, facts, {}, {{key, another}}, "4-v2-bb22", "new salt"});
  REQUIRE(plan.rolls.size() == 1);
  CHECK(plan.rolls.front().changes.front().field == "secret.URL");
  CHECK_FALSE(contains(plan_text(plan), another.reveal()));
  std::string script;
  for (const Step& step : plan.rolls.front().steps) {
    CHECK_FALSE(contains(step.section.body.without_secrets(), another.reveal()));
    script += step.section.body.render([&](const std::string& asked) -> const Secret& {
      CHECK(asked == key);
      return another;
    });
  }
  CHECK(contains(script, "URL=tr4ceable "));
  CHECK(contains(script, " -e URL"));
}

TEST_CASE("a plan names the secrets of a certificate and nothing of it") {
  const Config config = config_of(
      yaml("    proxy: {app_port: 3000, host: shop.example.com, ssl: {certificate_pem: CERT, "
           "private_key_pem: KEY}}\n"));
  const SecretValues first{{"CERT", Secret("tr4ceable one")}, {"KEY", Secret("tr4ceable key")}};
  const SecretValues second{{"CERT", Secret("tr4ceable two")}, {"KEY", Secret("tr4ceable key")}};
  FactsBuilder host(config);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, first});
  const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
  CHECK(make_plan({config, facts, {}, first, "4-v2-bb22", "salt"}).empty());
  const Plan plan = make_plan({config, facts, {}, second, "4-v2-bb22", "salt"});
  CHECK(plan.rolls.empty());
  REQUIRE(plan.stage.size() == 1);
  CHECK(contains(plan_text(plan), "set the routes of web, HTTPS by CERT and KEY"));
  CHECK_FALSE(
      contains(plan.stage.front().steps.back().section.body.without_secrets(), "tr4ceable"));
}

namespace {

const char* const kFronted =
    "    ports: [\"3000:3000\"]\n"
    "    proxy: {app_port: 3000, host: shop.example.com}\n";

}  // namespace

TEST_CASE("a port that the proxy publishes is none of the containers'") {
  const Config config = config_of(yaml(kFronted));
  CHECK(choose_mode(config.services.front()).mode == RollMode::start_first);
  FactsBuilder host(config);
  host.images().network();
  const Plan first = plan_of(config, host);
  CHECK(contains(plan_text(first), "start the proxy on ports 80, 3000 and 443"));
  for (const Roll& roll : first.rolls)
    for (const Step& step : roll.steps)
      CHECK_FALSE(contains(step.section.body.without_secrets(), "-p '3000"));
  std::string stage;
  for (const Step& step : first.stage.front().steps) stage += step.section.body.without_secrets();
  CHECK(contains(stage, "3000:3000"));

  // Where the proxy runs without that port, it is made anew; with it, nothing is left to do.
  host.proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  CHECK(contains(plan_text(plan_of(config, host)), "its published ports change"));
  host.facts.proxy.ports.push_back(3000);
  CHECK(plan_of(config, host).empty());
}

TEST_CASE("a proxy that is made anew keeps the ports of other projects") {
  const Config config = config_of(yaml(kProxied));
  FactsBuilder host(config);
  host.images().network();
  ProxiedService other;
  other.identity = {"blog", ""};
  other.service = "web";
  other.hosts = {"blog.example.com"};
  other.app_port = 4000;
  other.ports = {{"127.0.0.1", 4000}};
  host.route(other);
  std::string stage;
  const Plan plan = plan_of(config, host);
  for (const Step& step : plan.stage.front().steps) stage += step.section.body.without_secrets();
  CHECK(contains(stage, "127.0.0.1:4000:4000"));
}

namespace {

const char* const kDatabaseAndWeb =
    "project: shop\nservers:\n  web-1: {host: 203.0.113.7}\nservices:\n"
    "  web:\n    image: acme/web:v1\n    hosts: [web-1]\n    depends_on: [db]\n"
    "    release: bin/migrate --all\n    ports: [\"8080:80\"]\n"
    "    environment: {clear: {COLOUR: red}, secrets: [KEY]}\n"
    "  db:\n    image: postgres:16\n    hosts: [web-1]\n";

ContainerFacts command_container(const Plan& plan, const std::string& state, int exit_code) {
  // As it was made: by the words of the script.
  const std::string script = plan.commands.at(0).step.section.body.without_secrets();
  ContainerFacts container;
  container.name = "shop-web_release";
  container.state = state;
  container.exit_code = exit_code;
  container.labels = {{label::kProject, "shop"},
                      {label::kEnvironment, ""},
                      {label::kCommand, "web"},
                      {label::kRelease, "3-v1-aa11"}};
  const std::string key = std::string(label::kSpec) + "=";
  const size_t at = script.find(key);
  REQUIRE(at != std::string::npos);
  container.labels[label::kSpec] = script.substr(at + key.size(), 16);
  return container;
}

}  // namespace

TEST_CASE("a release command runs in a container of the new image, without ports or names") {
  const Config config = config_of(kDatabaseAndWeb);
  FactsBuilder host(config);
  host.images().network();
  const Plan plan = plan_of(config, host);
  REQUIRE(plan.commands.size() == 1);
  const ReleaseCommand& command = plan.commands.front();
  CHECK(command.service == "web");
  CHECK(command.before == 1);
  CHECK(command.needs == std::vector<std::string>{"db"});
  const std::string script = command.step.section.body.without_secrets();
  CHECK(contains(script, "shop-web_release"));
  CHECK(contains(script, id_of_image("acme/web:v1")));
  CHECK(contains(script, "bin/migrate"));
  CHECK(contains(script, "COLOUR=red"));
  CHECK_FALSE(contains(script, "8080"));
  CHECK_FALSE(contains(script, "--network-alias"));
  CHECK(contains(plan_text(plan), "web on web-1: run `bin/migrate --all` once, from acme/web:v1"));
  const std::string cleanup = plan_text(plan).substr(plan_text(plan).find("cleaned up"));
  CHECK(contains(cleanup, "remove shop-web_release"));
}

TEST_CASE("a release command waits for nothing that stays as it is") {
  const Config config = config_of(kDatabaseAndWeb);
  FactsBuilder host(config);
  host.images().network().deployed("db", {"3-v1-aa11", Slot::green, {}});
  const Plan plan = plan_of(config, host);
  REQUIRE(plan.commands.size() == 1);
  CHECK(plan.commands.front().before == 0);
  CHECK(plan.commands.front().needs.empty());
}

TEST_CASE("what a dead deploy has run to a good end is not run again, but for another image") {
  const Config config = config_of(kDatabaseAndWeb);
  FactsBuilder host(config);
  host.images().network();
  const Plan fresh = plan_of(config, host);
  host.facts.commands = {command_container(fresh, "exited", 0)};
  const Plan resumed = plan_of(config, host);
  CHECK(resumed.commands.empty());
  CHECK(contains(plan_text(resumed), "the release command of web has run on web-1, for 3-v1-aa11"));
  CHECK(contains(plan_text(resumed), "remove shop-web_release"));
  host.facts.commands = {command_container(fresh, "exited", 1)};
  CHECK(plan_of(config, host).commands.size() == 1);
  host.facts.commands = {command_container(fresh, "running", 0)};
  CHECK(plan_of(config, host).commands.size() == 1);
  host.facts.commands = {command_container(fresh, "exited", 0)};
  host.facts.images["acme/web:v1"].id = id_of_image("another");
  CHECK(plan_of(config, host).commands.size() == 1);
}

TEST_CASE("a plan says where a changed value comes from, when that is not deploy.yml itself") {
  const std::string base =
      "project: shop\nservers:\n  web-1: {host: 203.0.113.7}\nenvironment:\n  clear: {SHARED: "
      "new}\n"
      "services:\n  web:\n    image: acme/web:v1\n    hosts: [web-1]\n";
  const std::string overlay =
      "extends: deploy.yml\nservices:\n  web:\n    environment:\n      clear:\n        OWN: new\n"
      "      secrets: [KEY]\n";
  LoadRequest request{"deploy.production.yml", overlay, "", "v1"};
  request.read = [&](const std::string&) { return Result<std::string>(base); };
  const LoadedConfig loaded = load_config(request);
  REQUIRE(loaded.config);
  const Config& config = *loaded.config;
  FactsBuilder host(config);
  host.images().network().deployed("web", {"3-v1-aa11", Slot::green, {{"KEY", Secret("a")}}});
  make_outdated(host.facts.containers.front());
  const Origins origins(loaded.document, {{"KEY", ".env"}});
  const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
  const Plan plan = make_plan(
      {config, facts, {}, {{"KEY", Secret("b")}}, "4-v2-bb22", "new salt", nullptr, &origins});
  const std::string text = plan_text(plan);
  CHECK(contains(text, "added: new  (deploy.yml:5)"));
  CHECK(contains(text, "secret KEY"));
  CHECK(contains(text, "added  (.env)"));
  CHECK_FALSE(contains(text, "deploy.production.yml:"));
  std::map<std::string, std::string> told;
  for (const FieldChange& change : plan.rolls.front().changes) told[change.field] = change.origin;
  CHECK(told["environment.OWN"] == "deploy.production.yml:6");
  CHECK(told["image"] == "deploy.yml:8");
  CHECK(told["restart"].empty());
}

namespace {

const char* const kMovedRoute =
    "proxy: {extra: [{match: [{host: [old.example.com]}], handle: [{handler: "
    "static_response}]}]}\n";

}  // namespace

TEST_CASE(
    "a port of the proxy that nobody wants any more is named, and no reason to make it anew") {
  const Config with = config_of(yaml(std::string("    ports: [\"3000:3000\"]\n") + kProxied));
  const Config without = config_of(yaml(kProxied));
  FactsBuilder host(without);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  host.facts.proxy.ports.push_back(3000);
  const Plan plan = plan_of(without, host);
  CHECK(plan.empty());
  REQUIRE(plan.notes.size() == 1);
  CHECK(contains(plan.notes.front(), "the proxy of web-1 still publishes port 3000"));
  const Plan wanted = plan_of(with, host);
  CHECK(wanted.notes.empty());
}

TEST_CASE("extra routes are set once, and removed with their key") {
  const Config with = config_of(kMovedRoute + yaml(kProxied));
  const Config without = config_of(yaml(kProxied));
  FactsBuilder host(with);
  host.images().network().proxy().deployed("web", {"3-v1-aa11", Slot::green, {}});
  Plan plan = plan_of(with, host);
  CHECK(plan.rolls.empty());
  CHECK(contains(plan_text(plan), "set the routes of proxy.extra"));
  // What was written leaves nothing to do.
  const RouteFile file =
      extra_route_files({identity_of(with), with.proxy.extra, {"shop.example.com"}, false}).front();
  host.facts.proxy.routes[file.name] =
      read_route_facts(posix_cksum(file.text), file.text.substr(0, file.text.find('\n')));
  CHECK(plan_of(with, host).empty());
  plan = plan_of(without, host);
  CHECK(contains(plan_text(plan), "set the routes of proxy.extra"));
  CHECK(contains(plan.stage.at(0).steps.at(0).section.body.without_secrets(), "rm -f"));
  // -S changes nothing about them but when it leaves all out that is behind the proxy.
  const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
  CHECK(make_plan({without, facts, {"other"}, {}, "4-v2-bb22", "new salt"}).empty());
}

TEST_CASE("extra routes go with the last service of a host that was behind the proxy") {
  const Config with = config_of(kMovedRoute + yaml(kProxied));
  FactsBuilder host(with);
  host.images().network().proxy();
  const RouteFile file =
      extra_route_files({identity_of(with), with.proxy.extra, {}, false}).front();
  host.facts.proxy.routes[file.name] = {};
  CHECK(contains(plan_text(plan_of(config_of(yaml("")), host)), "set the routes of proxy.extra"));
}
