// What the proxy of a host says of itself, as its script prints it.
#include "segue/proxy/proxy_report.hpp"

#include "support/catch.hpp"

#include "segue/proxy/proxied_service.hpp"

#include <fmt/format.h>

using namespace segue;

namespace {

const Identity kShop{"shop", "staging"};

std::string requests(int blue, int green) {
  return fmt::format(
      R"(requests [{{"address":"{}:3000","num_requests":{}}},{{"address":"{}:3000","num_requests":{}}}])"
      "\n",
      slot_alias(kShop, "web", Slot::blue, 1), blue, slot_alias(kShop, "web", Slot::green, 1),
      green);
}

const std::string kRoutes =
    "slot shop.staging.web green\nslot blog.web blue\n"
    "route 0-95.shop.staging.web.json 1 2 /api https a.example b.example\n"
    "route 5-99.shop.staging.jobs.json 1 1\n";

ProxyReport report_of(const std::string& output) {
  const auto report = parse_proxy_report(output);
  REQUIRE(report);
  return *report;
}

}  // namespace

TEST_CASE("a report names routes, slots and requests in flight") {
  const ProxyReport report = report_of("version v2.8.4 h1:abc\nloaded {\"b\":1,\"a\":2}\n" +
                                       requests(1, 3) + "composed {\"a\":2,\"b\":1}\n" + kRoutes);
  CHECK(report.version == "v2.8.4");
  CHECK(report.is_loaded);
  CHECK_FALSE(report.two);
  REQUIRE(report.routes.size() == 3);
  const ProxiedRoute& left_over = report.routes.at(0);
  CHECK(left_over.key() == "blog.web");
  CHECK(left_over.file.empty());
  const ProxiedRoute& jobs = report.routes.at(1);
  CHECK(jobs.service == "jobs");
  CHECK(jobs.hosts.empty());
  const ProxiedRoute& web = report.routes.at(2);
  CHECK(web.identity == kShop);
  CHECK(web.hosts == std::vector<std::string>{"a.example", "b.example"});
  CHECK(web.path == "/api");
  CHECK(web.https);
  CHECK(web.slot == Slot::green);
  CHECK(web.in_flight == 3);
  CHECK(web.in_flight_other == 1);
}

TEST_CASE("extra routes are the project's: they stay while any of its services has a container") {
  const ProxyReport report = report_of(
      "composed {}\nroute 0-+.shop.staging.+extra.json 0 0 - extra old.example\n"
      "route 5-+.shop.staging.+extra.json 0 0 - extra\n");
  REQUIRE(report.routes.size() == 2);
  for (const ProxiedRoute& route : report.routes) {
    CHECK(route.is_extra());
    CHECK(route.identity == kShop);
  }
  CHECK(report.routes.front().hosts == std::vector<std::string>{"old.example"});
  const std::string script =
      remove_routes(Engine("/bin/docker"), "/srv", report.routes).body.without_secrets();
  CHECK(script.find("label=segue.service") == std::string::npos);
  CHECK(script.find("segue_remove_route shop.staging.+extra shop staging "
                    "label=segue.project=shop 0-+.shop.staging.+extra.json") != std::string::npos);
}

TEST_CASE("while two of them run the requests of both count") {
  const ProxyReport report =
      report_of(requests(0, 3) + "two\n" + requests(2, 1) + "composed {}\n" + kRoutes);
  CHECK(report.two);
  CHECK(report.routes.at(2).in_flight == 4);
  CHECK(report.routes.at(2).in_flight_other == 2);
}

TEST_CASE("what the proxy does not say is not taken for good") {
  CHECK_FALSE(report_of("composed {}\n" + kRoutes).is_loaded);
  CHECK_FALSE(report_of("loaded {\"a\":1}\ncomposed {}\n").is_loaded);
  CHECK_FALSE(report_of("loaded\ncomposed {}\n").is_loaded);
  CHECK_FALSE(parse_proxy_report(kRoutes));
  CHECK_FALSE(parse_proxy_report("composed {\"apps\":,}\n"));
  const ProxyReport odd = report_of(
      "composed {}\nrequests nothing\nrequests [1,{\"address\":2}]\nslot .. green\nslot a..b blue\n"
      "route x\nroute 0-99.json 1 1\nroute 0-99.a.b.json what is this\n");
  REQUIRE(odd.routes.size() == 1);
  CHECK(odd.routes.front().key() == "a.b");
  CHECK(odd.routes.front().hosts.empty());
}
