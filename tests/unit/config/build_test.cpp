#include "support/catch.hpp"

#include "segue/config/load.hpp"

using namespace segue;

namespace {

Config load(const std::string& services, std::optional<std::string> version = {},
            const std::string& top = {}, const std::string& environment = {}) {
  const std::string text =
      "project: shop\nservers: {web1: {host: 203.0.113.7}}\n" + top + "services:\n" + services;
  LoadedConfig loaded = load_config({"deploy.yml", text, environment, std::move(version)});
  REQUIRE(loaded.config);
  return *loaded.config;
}

}  // namespace

TEST_CASE("what is built is called as its containers, and its version is the tag") {
  const std::string services = "  web: {build: ., hosts: [web1]}\n";
  CHECK(load(services, "v1").services[0].image == "shop-web:v1");
  CHECK(load(services, "v1", "", "staging").services[0].image == "shop-staging-web:v1");
  CHECK(load(services).services[0].image == "shop-web:latest");
}

TEST_CASE("a build's own arguments win over those of all") {
  const Config config =
      load("  web: {build: {context: ./app//, args: {A: own, C: c}}, hosts: [web1]}\n", {},
           "builder: {args: {A: shared, B: b}}\n");
  const BuildConfig& build = *config.services[0].build;
  CHECK(build.context == "app");
  CHECK(build.args == std::map<std::string, std::string>{{"A", "own"}, {"B", "b"}, {"C", "c"}});
}
