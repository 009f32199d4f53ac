// What Caddy is told of a service, and that the pieces of several services make one configuration.
#include "segue/proxy/routes.hpp"

#include "support/catch.hpp"
#include "support/proxy_folder.hpp"

#include "segue/base/text.hpp"

#include <nlohmann/json.hpp>

using namespace segue;
using nlohmann::json;

namespace {

ProxiedService shop_web() {
  ProxiedService service;
  service.identity = {"shop", ""};
  service.service = "web";
  service.hosts = {"shop.example.com"};
  service.app_port = 3000;
  service.health_port = 3000;
  return service;
}

std::vector<std::string> lines_of(const ProxiedService& service) {
  return split_lines(route_file(service));
}

json composed(const std::vector<ProxiedService>& services) {
  ProxyFolder host;
  CHECK(host.write({services, {}}) == 0);
  return host.loaded();
}

std::vector<std::string> dials(const json& handler) {
  std::vector<std::string> found;
  for (const json& upstream : handler.at("upstreams")) found.push_back(upstream.at("dial"));
  return found;
}

}  // namespace

TEST_CASE("the token decides between two fixed upstreams, green first") {
  ProxiedService service = shop_web();
  service.green_replicas = 2;
  const json route = json::parse(lines_of(service).at(1));
  CHECK(route.at("match").at(0).at("host") == json::array({"shop.example.com"}));
  CHECK(route.at("terminal") == true);
  const json slots = route.at("handle").at(0).at("routes");
  REQUIRE(slots.size() == 2);
  const json file = slots.at(0).at("match").at(0).at("file");
  CHECK(file.at("root") == "/segue/slots/shop.web");
  CHECK(file.at("try_files") == json::array({"/green"}));
  CHECK_FALSE(slots.at(1).contains("match"));
  const Identity identity{"shop", ""};
  CHECK(dials(slots.at(0).at("handle").at(0)) ==
        std::vector<std::string>{slot_alias(identity, "web", Slot::green, 1) + ":3000",
                                 slot_alias(identity, "web", Slot::green, 2) + ":3000"});
  CHECK(dials(slots.at(1).at("handle").at(0)) ==
        std::vector<std::string>{slot_alias(identity, "web", Slot::blue, 1) + ":3000"});
}

TEST_CASE("a dead replica is passed over only where there is another one") {
  ProxiedService service = shop_web();
  service.green_replicas = 2;
  const json slots = json::parse(lines_of(service).at(1)).at("handle").at(0).at("routes");
  CHECK(slots.at(0).at("handle").at(0).contains("health_checks"));
  CHECK_FALSE(slots.at(1).at("handle").at(0).contains("health_checks"));
}

TEST_CASE("the more particular route sorts first") {
  ProxiedService everything = shop_web();
  everything.hosts.clear();
  ProxiedService api = shop_web();
  api.path_prefix = "/api";
  CHECK(route_file_name(api) < route_file_name(shop_web()));
  CHECK(route_file_name(shop_web()) < route_file_name(everything));
  CHECK_FALSE(json::parse(lines_of(everything).at(1)).contains("match"));
  const json path = json::parse(lines_of(api).at(1)).at("match").at(0).at("path");
  CHECK(path == json::array({"/api", "/api/*"}));
}

TEST_CASE("a service without a port has probes and no public route") {
  ProxiedService worker = shop_web();
  worker.app_port = 0;
  const auto lines = lines_of(worker);
  CHECK(lines.at(1).empty());
  CHECK(contains(lines.at(2), "shop.web.green.1"));
  CHECK_FALSE(contains(lines.at(2), "X-Segue-Verify"));
}

TEST_CASE("probes answer 200 with the real status beside it, so that wget follows nothing") {
  const json all = json::parse("[" + lines_of(shop_web()).at(2) + "]");
  const json& probe = all.back();
  const json routes = probe.at("handle").at(0).at("handle_response").at(0).at("routes");
  const json handlers = routes.at(0).at("handle");
  CHECK(handlers.at(0).at("response").at("set").at("X-Segue-Status") ==
        json::array({"{http.reverse_proxy.status_code}"}));
  CHECK(handlers.at(1).at("handler") == "copy_response");
  CHECK(handlers.at(1).at("status_code") == 200);
}

TEST_CASE("the files of several services make one configuration") {
  ProxiedService worker = shop_web();
  worker.service = "worker";
  worker.app_port = 0;
  const json config = composed({shop_web(), worker});
  const json servers = config.at("apps").at("http").at("servers");
  const json& routes = servers.at("web").at("routes");
  REQUIRE(routes.size() == 2);
  CHECK(routes.at(0).at("handle").at(0).at("handler") == "headers");
  CHECK_FALSE(routes.at(0).contains("terminal"));
  CHECK(servers.at("inner").at("listen") == json::array({"{env.SEGUE_INNER}"}));
  CHECK(servers.at("inner").at("routes").size() == 1 + 3 + 3);
  CHECK(composed({}).at("admin").at("listen") == "{env.SEGUE_ADMIN}");
}

TEST_CASE("aliases stand for project, environment and service, and fit into a DNS label") {
  const std::string plain = slot_alias({"shop", ""}, "web", Slot::blue, 1);
  CHECK(plain != slot_alias({"shop", "staging"}, "web", Slot::blue, 1));
  CHECK(plain != slot_alias({"shop", ""}, "api", Slot::blue, 1));
  CHECK(plain.size() < 63);
  CHECK(plain.starts_with(slot_alias_prefix({"shop", ""}, "web", Slot::blue)));
}

// In dash a redirection that fails ends the shell where it stands on a special builtin.
TEST_CASE("a token that can't be written is a problem that is told, under every shell") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    ProxyFolder host(shell);
    const auto slot = host.root / "proxy/slots/shop.web";
    std::filesystem::create_directories(slot);
    std::filesystem::create_symlink("/nowhere/at/all", slot / "green.off");
    CHECK(host.write({{shop_web()}, {}}) == 96);
    CHECK(contains(host.output, "problem disk"));
    CHECK(host.files("").count(".lock") == 0);
    CHECK(host.files("routes").empty());
  }
}

TEST_CASE(
    "A prefix that the application is not to see is taken off on the public way and its proof") {
  ProxiedService service = shop_web();
  service.path_prefix = "/api";
  CHECK_FALSE(contains(route_file(service), "rewrite"));
  service.strip_prefix = true;
  const json outer = json::parse(lines_of(service).at(1));
  CHECK(outer.at("match").at(0).at("path") == json::array({"/api", "/api/*"}));
  const json handlers = outer.at("handle").at(0).at("routes").at(0).at("handle");
  CHECK(handlers.at(0) == json{{"handler", "rewrite"}, {"strip_path_prefix", "/api"}});
  CHECK(handlers.at(1).at("routes").size() == 2);
  const json inner = json::parse("[" + lines_of(service).at(2) + "]");
  CHECK(contains(inner.at(0).dump(), "strip_path_prefix"));
  // A health check goes to the application by itself: its path is the application's own.
  CHECK_FALSE(contains(inner.at(1).dump(), "strip_path_prefix"));
}

TEST_CASE("A service in the host's own network has one address in both slots") {
  ProxiedService service = shop_web();
  service.on_host = true;
  const std::string text = route_file(service);
  CHECK(contains(text, "\"" + host_alias(service.identity, "web") + ":3000\""));
  CHECK_FALSE(contains(text, slot_alias_prefix(service.identity, "web", Slot::blue)));
  CHECK_FALSE(contains(text, candidate_alias(service.identity, "web", 1)));
}

TEST_CASE("a port of its own leads to the service whatever is asked for, and is claimed") {
  ProxiedService service = shop_web();
  service.path_prefix = "/shop";
  service.strip_prefix = true;
  service.ports = {{"", 3000}, {"127.0.0.1", 3001}};
  ProxiedService other = shop_web();
  other.service = "api";
  other.hosts = {"api.example.com"};
  const json servers = composed({service, other}).at("apps").at("http").at("servers");
  CHECK(servers.size() == 5);
  CHECK(servers.at("port-3001").at("listen") == json::array({":3001"}));
  const json server = servers.at("port-3000");
  CHECK(server.at("automatic_https").at("disable") == true);
  REQUIRE(server.at("routes").size() == 2);
  CHECK(contains(server.at("routes").at(0).dump(), "/closing"));
  const json route = server.at("routes").at(1);
  CHECK_FALSE(route.contains("match"));
  CHECK_FALSE(contains(route.dump(), "strip_path_prefix"));
  CHECK(contains(route.dump(), "/segue/slots/shop.web"));
  const RouteFacts claims = read_route_facts("1 2", lines_of(service).front());
  CHECK(claims.names == std::vector<std::string>{"shop.example.com"});
  CHECK(claims.ports == std::vector<ProxyPort>{{"", 3000}, {"127.0.0.1", 3001}});
  CHECK(read_route_facts("1 2", "1 1 - http a.example :0 :70000 $(x):1 :").ports.empty());
}

TEST_CASE("with HTTPS a port of its own is still plain HTTP") {
  ProxiedService service = shop_web();
  service.https = HttpsRoute{};
  service.ports = {{"", 3000}};
  const json servers = composed({service}).at("apps").at("http").at("servers");
  CHECK(contains(servers.at("web").dump(), "308"));
  CHECK_FALSE(contains(servers.at("port-3000").dump(), "308"));
}
