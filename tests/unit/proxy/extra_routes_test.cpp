// Raw routes of a project: where they stand, whose requests they take, and what becomes of the
// configuration when Caddy refuses one.
#include "segue/proxy/extra_routes.hpp"

#include "support/catch.hpp"
#include "support/proxy_folder.hpp"

#include "segue/base/text.hpp"

#include <nlohmann/json.hpp>

using namespace segue;
using nlohmann::json;

namespace {

ProxiedService web_of(const std::string& project, std::vector<std::string> names) {
  ProxiedService service;
  service.identity = {project, ""};
  service.service = "web";
  service.hosts = std::move(names);
  service.app_port = service.health_port = 3000;
  return service;
}

std::string answering(const std::string& match, const std::string& body) {
  return R"({"match":[)" + match + R"(],"handle":[{"handler":"static_response","body":")" + body +
         R"("}]})";
}

const std::string kMoved = answering(R"({"host":["old.example.com"]})", "moved");
const std::string kPath = answering(R"({"path":["/metrics"]})", "numbers");

std::vector<RouteFile> files_of(std::vector<std::string> routes,
                                std::vector<std::string> names = {"shop.example.com"},
                                bool every_name = false) {
  return extra_route_files({{"shop", ""}, std::move(routes), std::move(names), every_name});
}

json routes_of(const ProxyFolder& host, const char* server) {
  return host.loaded().at("apps").at("http").at("servers").at(server).at("routes");
}

// What each of the public routes takes, in their order; the first is segue's own.
std::vector<std::string> order_of(const json& routes) {
  std::vector<std::string> taken;
  for (size_t i = 1; i < routes.size(); ++i)
    taken.push_back(
        routes.at(i).contains("match") ? routes.at(i).at("match").at(0).at("host").dump() : "all");
  return taken;
}

}  // namespace

TEST_CASE("extra routes stand before those of services, by HTTP and HTTPS") {
  ProxyFolder host;
  CHECK(host.write({{web_of("shop", {"shop.example.com"})}, {}, files_of({kMoved})}) == 0);
  const std::vector<std::string> wanted{R"(["old.example.com"])", R"(["shop.example.com"])"};
  CHECK(order_of(routes_of(host, "web")) == wanted);
  const json secure = routes_of(host, "secure");
  REQUIRE(secure.size() == 2);
  CHECK(secure.at(1) == json::parse(kMoved));
  CHECK(host.loaded().at("apps").at("http").at("servers").at("inner").at("routes").size() == 4);
}

TEST_CASE("a second project that joins leaves them where they are, and its own stand beside") {
  ProxyFolder host;
  CHECK(host.write({{web_of("shop", {"shop.example.com"})}, {}, files_of({kMoved})}) == 0);
  const auto other = extra_route_files(
      {{"blog", ""}, {answering(R"({"host":["older.example.com"]})", "b")}, {}, false});
  CHECK(host.write({{web_of("blog", {"blog.example.com"})}, {}, other}) == 0);
  const std::vector<std::string> wanted{R"(["older.example.com"])", R"(["old.example.com"])",
                                        R"(["blog.example.com"])", R"(["shop.example.com"])"};
  CHECK(order_of(routes_of(host, "web")) == wanted);
  // It leaves again, the first one stays.
  CHECK(host.write({{}, {other.front().name}}) == 0);
  CHECK(order_of(routes_of(host, "web")).front() == R"(["old.example.com"])");
}

TEST_CASE("a route without a name takes the names of its own project only") {
  ProxyFolder host;
  CHECK(host.write({{web_of("shop", {"shop.example.com"}), web_of("blog", {"blog.example.com"})},
                    {},
                    files_of({kPath})}) == 0);
  CHECK(order_of(routes_of(host, "web")).front() == R"(["shop.example.com"])");
  CHECK(routes_of(host, "web").at(1).at("match").at(0).at("path") == json::array({"/metrics"}));
}

TEST_CASE("where a service takes every name, such a route comes after all that have names") {
  const auto files = files_of({kPath, kMoved}, {"shop.example.com"}, true);
  REQUIRE(files.size() == 2);
  ProxyFolder host;
  CHECK(host.write({{web_of("shop", {}), web_of("blog", {"blog.example.com"})}, {}, files}) == 0);
  const json routes = routes_of(host, "web");
  REQUIRE(routes.size() == 6);
  CHECK(routes.at(1).at("match").at(0).contains("host"));
  CHECK(routes.at(2) == json::parse(kMoved));
  CHECK(routes.at(3).at("match").at(0).at("host") == json::array({"blog.example.com"}));
  CHECK(routes.at(4) == json::parse(kPath));
  CHECK_FALSE(routes.at(5).contains("match"));
}

TEST_CASE("when Caddy refuses one, the former configuration and the former file stay") {
  ProxyFolder host;
  CHECK(host.write({{web_of("shop", {"shop.example.com"})}, {}, files_of({kMoved})}) == 0);
  const json before = host.loaded();
  host.refuse("nonsense");
  const std::string bad = replace_all(kMoved, "static_response", "nonsense");
  CHECK(host.write({{}, {}, files_of({bad})}) == 96);
  CHECK(contains(host.output, "proxy-config"));
  CHECK(host.loaded() == before);
  CHECK(host.text("routes/" + files_of({kMoved}).front().name) == files_of({kMoved}).front().text);
}

TEST_CASE("groups of two projects are two groups") {
  std::string grouped = kMoved;
  grouped.insert(1, R"("group":"first",)");
  CHECK(contains(files_of({grouped}).front().text, R"("group":"shop.first")"));
}

TEST_CASE("the names that a route takes whole are said in its file's first line") {
  const RouteFacts facts =
      read_route_facts("1 2", split_lines(files_of({kMoved, kPath}).front().text).front());
  CHECK(facts.names == std::vector<std::string>{"old.example.com"});
  CHECK(taken_names(answering(R"({"host":["a.example.com"],"path":["/x"]})", "")).empty());
  CHECK(taken_names(answering(R"({"host":["a.example.com"],"path":["/*"]})", "")) ==
        std::vector<std::string>{"a.example.com"});
  CHECK(holds_extra_routes(files_of({kMoved}).front().name));
  CHECK_FALSE(holds_extra_routes(route_file_name(web_of("shop", {}))));
  CHECK(owner_of_route(files_of({kMoved}).front().name) == "proxy.extra of shop");
}

TEST_CASE("names meet when one request can have both") {
  CHECK(names_meet("a.example.com", "a.example.com"));
  CHECK(names_meet("*.example.com", "a.example.com"));
  CHECK(names_meet("a.example.com", "*.example.com"));
  CHECK_FALSE(names_meet("*.example.com", "example.com"));
  CHECK_FALSE(names_meet("*.example.com", "a.b.example.com"));
  CHECK_FALSE(names_meet("a.example.com", "b.example.com"));
}
