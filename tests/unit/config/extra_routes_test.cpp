// `proxy.extra`: what is passed on to Caddy, and what is refused because it would reach beyond the
// project.
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"

using namespace segue;

namespace {

LoadedConfig load(const std::string& extra) {
  return load_config({"deploy.yml",
                      "project: shop\nservers: {web-1: {host: localhost}}\nproxy:\n  extra:\n" +
                          extra +
                          "services:\n  web: {image: 'a:1', hosts: [web-1], "
                          "proxy: {app_port: 3000, host: shop.example.com}}\n",
                      "",
                      {}});
}

std::vector<std::string> routes(const std::string& extra) {
  const LoadedConfig loaded = load(extra);
  for (const Error& error : loaded.errors) FAIL_CHECK(error.what);
  return loaded.config ? loaded.config->proxy.extra : std::vector<std::string>();
}

std::string refusal(const std::string& extra) {
  const LoadedConfig loaded = load(extra);
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors.front().at.has_value());
  return loaded.errors.front().what;
}

const std::string kHandle = "handle: [{handler: static_response}]";

}  // namespace

TEST_CASE("a map of YAML becomes the JSON that it looks like") {
  CHECK(routes("    - match: [{host: [Old.Example.com], path: ['/a*']}]\n"
               "      handle:\n"
               "        - {handler: static_response, status_code: 308, close: true, body: '12',\n"
               "           headers: {Location: ['https://shop.example.com{http.request.uri}']}}\n"
               "      terminal: true\n") ==
        std::vector<std::string>{
            R"({"handle":[{"body":"12","close":true,"handler":"static_response",)"
            R"("headers":{"Location":["https://shop.example.com{http.request.uri}"]},)"
            R"("status_code":308}],"match":[{"host":["old.example.com"],"path":["/a*"]}],)"
            R"("terminal":true})"});
}

TEST_CASE("a text is JSON itself, and a dollar is written twice") {
  CHECK(routes("    - '{\"match\": [{\"path\": [\"/a\"]}], "
               "\"handle\": [{\"handler\": \"rewrite\", \"uri\": \"/$$1\"}]}'\n") ==
        std::vector<std::string>{
            R"({"handle":[{"handler":"rewrite","uri":"/$1"}],"match":[{"path":["/a"]}]})"});
  CHECK(refusal("    - '{\"match\": '\n") == "this is not JSON");
  CHECK(refusal("    - '[]'\n") == "an extra route is a map, or a JSON object as text");
  CHECK(refusal("    - '{\"match\": " + std::string(1000, '[') + std::string(1000, ']') + "}'\n") ==
        "this is not JSON");
}

TEST_CASE("a route that would take everybody's requests is refused") {
  const std::string said =
      "an extra route must match host names or paths: it would take all requests";
  CHECK(refusal("    - {" + kHandle + "}\n") == said);
  CHECK(refusal("    - {match: [], " + kHandle + "}\n") == said);
  CHECK(refusal("    - {match: [{}], " + kHandle + "}\n") == said);
  CHECK(refusal("    - {match: [{host: [a.example.com]}, {method: [GET]}], " + kHandle + "}\n") ==
        said);
  for (const char* path : {"'/*'", "'*'", "'//*'"})
    CHECK(refusal("    - {match: [{path: [" + std::string(path) + "]}], " + kHandle + "}\n") ==
          said);
  const std::string names = "`host` of an extra route is a list of host names";
  for (const char* host : {"[]", "a.example.com", "['*']", "['{env.NAME}']", "['*.']", "[7]"})
    CHECK(refusal("    - {match: [{host: " + std::string(host) + "}], " + kHandle + "}\n") ==
          names);
}

TEST_CASE("an extra route is a route, and nothing else of Caddy's configuration") {
  const std::string match = "match: [{path: [/a]}], ";
  for (const char* key : {"admin", "apps", "listen", "@id"})
    CHECK(refusal("    - {'" + std::string(key) + "': x, " + match + kHandle + "}\n") ==
          "\"" + std::string(key) + "\" is no part of an extra route");
  CHECK(refusal("    - {" + match + "handle: []}\n") ==
        "an extra route has a list of handlers in `handle`");
  CHECK(refusal("    - {" + match + kHandle + ", group: 7}\n") ==
        "`group` of an extra route is text");
  CHECK(refusal("    - 7\n") == "an extra route is a map, or a JSON object as text");
  CHECK(refusal("    - [a]\n") == "`proxy.extra[0]` must be a map, or text, not a list");
}

TEST_CASE("no secret gets into the configuration of the proxy") {
  const LoadedConfig loaded = load_config(
      {"deploy.yml",
       "project: shop\nservers: {web-1: {host: localhost}}\nenvironment: {secrets: [TOKEN]}\n"
       "proxy: {extra: [{match: [{path: ['/${TOKEN}']}], " +
           kHandle +
           "}]}\nservices:\n  web: {image: 'a:1', hosts: [web-1], proxy: {app_port: 3000}}\n",
       "",
       {}});
  REQUIRE(loaded.errors.size() == 1);
  CHECK(contains(loaded.errors.front().what, "TOKEN"));
}

TEST_CASE("extra routes without a service behind the proxy would never be there") {
  const LoadedConfig loaded = load_config(
      {"deploy.yml",
       "project: shop\nservers: {web-1: {host: localhost}}\nproxy: {extra: [{match: [{path: "
       "[/a]}], " +
           kHandle + "}]}\nservices:\n  web: {image: 'a:1', hosts: [web-1]}\n",
       "",
       {}});
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors.front().what == "no service of this project is reached through the proxy");
}

TEST_CASE("what is too much for the proxy of a host is refused") {
  const std::string route = "    - {match: [{path: [/a]}], " + kHandle + "}\n";
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += route;
  CHECK(contains(refusal(many), "`proxy.extra` is too much"));
  CHECK(contains(
      refusal("    - {match: [{path: [/" + std::string(70'000, 'a') + "]}], " + kHandle + "}\n"),
      "`proxy.extra` is too much"));
}
