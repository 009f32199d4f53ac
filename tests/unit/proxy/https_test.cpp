// What makes a route HTTPS, and what happens to certificates on the host.
#include "support/proxy_folder.hpp"

#include "segue/base/text.hpp"
#include "segue/proxy/certificates.hpp"

#include <sys/stat.h>

using namespace segue;
using nlohmann::json;

namespace {

ProxiedService shop(const std::string& name = "web") {
  ProxiedService service;
  service.identity = {"shop", ""};
  service.service = name;
  service.hosts = {"shop.example.com"};
  service.app_port = service.health_port = 3000;
  service.https = HttpsRoute{};
  return service;
}

ProxiedService with_own_certificate(const std::string& name = "shop.web-1111") {
  ProxiedService service = shop();
  service.https->own = OwnCertificate{name, "CERTIFICATE", "KEY"};
  return service;
}

json servers(const ProxyFolder& host) {
  return host.loaded().at("apps").at("http").at("servers");
}

json tls(const ProxyFolder& host) {
  return host.loaded().at("apps").at("tls");
}

unsigned mode_of(const std::filesystem::path& file) {
  struct stat status{};
  REQUIRE(stat(file.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

void give_secrets(ProxyFolder& host) {
  host.secrets["CERTIFICATE"] = Secret("the certificate\nin two lines");
  host.secrets["KEY"] = Secret("it's the $(key)\n");
}

}  // namespace

TEST_CASE("with HTTPS the plain route only redirects, by 308 and with path and query") {
  ProxyFolder host;
  ProxiedService service = shop();
  service.path_prefix = "/api";
  REQUIRE(host.write({{service}, {}}) == 0);
  const json plain = servers(host).at("web").at("routes").at(1);
  CHECK(plain.at("match").at(0).at("path") == json::array({"/api", "/api/*"}));
  const json redirect = plain.at("handle").at(0);
  CHECK(redirect.at("status_code") == 308);
  CHECK(redirect.at("headers").at("Location").at(0) ==
        "https://{http.request.host}{http.request.uri}");
  const json secure = servers(host).at("secure").at("routes").at(1);
  CHECK(secure.at("handle").at(0).at("handler") == "subroute");
  service.https->port = 8443;
  REQUIRE(host.write({{service}, {}}) == 0);
  CHECK(servers(host)
            .at("web")
            .at("routes")
            .at(1)
            .at("handle")
            .at(0)
            .at("headers")
            .at("Location")
            .at(0) == "https://{http.request.host}:8443{http.request.uri}");
}

TEST_CASE("a host without HTTPS on the same proxy keeps plain HTTP") {
  ProxyFolder host;
  ProxiedService plain = shop("plain");
  plain.hosts = {"plain.example.com"};
  plain.https.reset();
  REQUIRE(host.write({{shop(), plain}, {}}) == 0);
  CHECK(servers(host).at("web").at("routes").size() == 3);
  CHECK(servers(host).at("secure").at("routes").size() == 2);
  CHECK(tls(host).at("certificates").at("automate") == json::array({"shop.example.com"}));
}

TEST_CASE("each name is obtained once, as its project says") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    ProxyFolder host(shell);
    ProxiedService web = shop();
    web.hosts = {"shop.example.com", "www.shop.example.com"};
    web.https->authority = {"https://ca.example.com/dir", "me@example.com", "a root\n"};
    ProxiedService api = shop("api");
    api.path_prefix = "/api";
    REQUIRE(host.write({{web, api}, {}}) == 0);
    CHECK(tls(host).at("certificates").at("automate") ==
          json::array({"shop.example.com", "www.shop.example.com"}));
    const json policies = tls(host).at("automation").at("policies");
    REQUIRE(policies.size() == 2);
    const json issuer = policies.at(1).at("issuers").at(0);
    CHECK(issuer.at("module") == "acme");
    CHECK(issuer.at("ca") == "https://ca.example.com/dir");
    CHECK(issuer.at("email") == "me@example.com");
    const std::string root = issuer.at("trusted_roots_pem_files").at(0);
    CHECK(root.starts_with("/segue/certificates/authority-"));
    CHECK(host.text(root.substr(7)) == "a root\n\n");
  }
}

TEST_CASE("without an authority of one's own, nothing but the kind is said") {
  ProxyFolder host;
  REQUIRE(host.write({{shop()}, {}}) == 0);
  CHECK(tls(host).at("automation").at("policies").at(0).at("issuers") ==
        json::parse(R"([{"module":"acme"}])"));
}

TEST_CASE("an own certificate lies in two files for the owner alone, and nowhere else") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    ProxyFolder host(shell);
    give_secrets(host);
    REQUIRE(host.write({{with_own_certificate()}, {}}) == 0);
    const json files = tls(host).at("certificates").at("load_files").at(0);
    CHECK(files.at("certificate") == "/segue/certificates/shop.web-1111.pem");
    CHECK(files.at("key") == "/segue/certificates/shop.web-1111.key");
    CHECK(tls(host).at("certificates").at("automate").empty());
    CHECK(host.text("certificates/shop.web-1111.pem") == "the certificate\nin two lines\n");
    CHECK(host.text("certificates/shop.web-1111.key") == "it's the $(key)\n\n");
    for (const std::string& file : host.files("certificates"))
      CHECK(mode_of(host.root / "proxy/certificates" / file) == 0600);
    CHECK_FALSE(contains(host.text("caddy.json"), "the $(key)"));
    CHECK_FALSE(contains(host.output, "the $(key)"));
  }
}

TEST_CASE("another certificate takes the place of the former, whose files go") {
  ProxyFolder host;
  give_secrets(host);
  REQUIRE(host.write({{with_own_certificate()}, {}}) == 0);
  REQUIRE(host.write({{with_own_certificate("shop.web-2222")}, {}}) == 0);
  CHECK(host.files("certificates") ==
        std::set<std::string>{"shop.web-2222.key", "shop.web-2222.pem"});
}

TEST_CASE("what the proxy refuses leaves everything as it was, so that others can go on") {
  ProxyFolder host;
  give_secrets(host);
  REQUIRE(host.write({{with_own_certificate()}, {}}) == 0);
  const std::string before = host.text("caddy.json");
  const auto routes = host.files("routes");
  const auto certificates = host.files("certificates");
  host.refuse("shop.web-2222");
  ProxiedService other = shop("other");
  CHECK(host.write({{with_own_certificate("shop.web-2222"), other}, {}}) == 96);
  CHECK(contains(host.output, "problem proxy-config"));
  CHECK(host.text("caddy.json") == before);
  CHECK(host.files("routes") == routes);
  CHECK(host.files("certificates") == certificates);
  CHECK(host.write({{}, {route_file_name(shop())}}) == 0);
  CHECK(host.files("routes").empty());
}

TEST_CASE("probes of an application behind HTTPS say so, else it would send them away") {
  const std::string with = route_file(shop());
  CHECK(contains(with, R"("X-Forwarded-Proto":["https"])"));
  ProxiedService plain = shop();
  plain.https.reset();
  CHECK_FALSE(contains(route_file(plain), "X-Forwarded-Proto"));
}

TEST_CASE("a route file says what it claims, and is read as it was written") {
  ProxiedService service = shop();
  service.hosts.emplace_back("www.example.com");
  service.green_replicas = 3;
  const auto facts_of = [](const ProxiedService& written) {
    const std::string text = route_file(written);
    return read_route_facts("123 45", text.substr(0, text.find('\n')));
  };
  RouteFacts facts = facts_of(service);
  CHECK(facts.sum == "123 45");
  CHECK(facts.blue_replicas == 1);
  CHECK(facts.green_replicas == 3);
  CHECK(facts.path.empty());
  CHECK(facts.https);
  CHECK(facts.names == service.hosts);
  service.https.reset();
  service.hosts.clear();
  service.path_prefix = "/api";
  facts = facts_of(service);
  CHECK(facts.path == "/api");
  CHECK_FALSE(facts.https);
  CHECK(facts.names == std::vector<std::string>{"*"});
  service.app_port = 0;
  CHECK(facts_of(service).names.empty());
  CHECK(read_route_facts("1 2", R"({"json":1})").names.empty());
}

TEST_CASE("an application that speaks HTTP/2 alone is asked so, by traffic and by probes") {
  ProxiedService service = shop();
  CHECK_FALSE(contains(route_file(service), "h2c"));
  service.h2c = true;
  const auto lines = split_lines(route_file(service));
  CHECK(contains(lines.at(2), R"("versions":["h2c"])"));
  CHECK(contains(lines.at(3), R"("versions":["h2c"])"));
  const auto probes_say_h2c = [](const ProxiedService& asked) {
    const json inner = json::parse("[" + split_lines(route_file(asked)).at(2) + "]");
    return inner.back().at("handle").at(0).at("transport").contains("versions");
  };
  CHECK(probes_say_h2c(service));
  service.health_port = 9000;
  CHECK_FALSE(probes_say_h2c(service));
}

TEST_CASE("the folder of an authority is the one that Caddy makes") {
  CHECK(authority_folder({}) == "acme-v02.api.letsencrypt.org-directory");
  CHECK(authority_folder({"https://10.0.0.1:14000/dir", "", ""}) == "10.0.0.1-14000-dir");
  CHECK(authority_folder({"https://CA.example.com/acme/acme/directory/", "", ""}) ==
        "ca.example.com-acme-acme-directory");
}

TEST_CASE("a pending certificate is told with how long, and why as far as it is known") {
  CHECK(pending_text("shop.example.com 3 no such name") ==
        "the certificate of shop.example.com is still pending after 3 s: no such name. The proxy "
        "tries again by itself; `segue status` shows it");
  CHECK(contains(pending_text("shop.example.com 30 "), "the authority has not answered yet"));
  CHECK(contains(pending_text("shop.example.com"), "shop.example.com"));
}
