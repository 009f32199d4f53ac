// Which images a plan pulls, by what name, and with whose login.
#include "support/facts.hpp"

#include "segue/base/text.hpp"
#include "segue/engine/registry_login.hpp"

#include <algorithm>

using namespace segue;

namespace {

Config config_with(const std::string& image) {
  return config_of(
      "project: shop\nservers:\n  web-1: {host: 203.0.113.7}\n"
      "builder: {registry: {server: ghcr.io/acme, username: alice, password: TOKEN}}\n"
      "services:\n  web:\n    hosts: [web-1]\n    " +
      image + "\n");
}

Plan plan_of(const Config& config, const FactsBuilder& host) {
  const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
  return make_plan({config, facts, {}, {}, "4-v2-bb22", "new salt"});
}

// The script of the step that pulls, with its secrets as [secret]; empty: none does.
std::string pull_in(const Plan& plan) {
  for (const HostSteps& host : plan.stage)
    for (const Step& step : host.steps)
      if (step.section.name == "pull") return step.section.body.without_secrets();
  return {};
}

std::vector<Error> errors_of(const Config& config, const FactsBuilder& host) {
  const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
  return check_hosts({config, facts, {}, {}, "4-v2-bb22", "new salt"});
}

}  // namespace

TEST_CASE("what was pushed is pulled by its digest, then called by its tag") {
  Config config = config_with("build: .");
  config.services[0].build->images["amd64"] = {"sha256:" + std::string(64, 'b'), 0,
                                               "sha256:" + std::string(64, 'a')};
  const std::string script = pull_in(plan_of(config, FactsBuilder(config).network()));
  const std::string pinned = "ghcr.io/acme/shop-web@sha256:" + std::string(64, 'a');
  CHECK(contains(script, "pull -q -- " + pinned));
  CHECK(contains(script, "tag " + pinned + " ghcr.io/acme/shop-web:v1"));
  CHECK(contains(script, "[secret]"));
  CHECK(errors_of(config, FactsBuilder(config)).empty());
}

TEST_CASE("what was built elsewhere is asked of the registry by its tag") {
  const Config config = config_with("build: .");
  FactsBuilder host(config);
  CHECK(errors_of(config, host).empty());
  CHECK(contains(pull_in(plan_of(config, host.network())), "pull -q -- ghcr.io/acme/shop-web:v1"));
  // A host that has it needs nothing.
  host.images();
  CHECK(pull_in(plan_of(config, host)).empty());
}

TEST_CASE("only images of the registry are pulled with its login") {
  const Config ours = config_with("image: ghcr.io/other/tool:1");
  CHECK(contains(pull_in(plan_of(ours, FactsBuilder(ours).network())),
                 "--config \"$segue_credentials\""));
  const Config theirs = config_with("image: quay.io/other/tool:1");
  const std::string script = pull_in(plan_of(theirs, FactsBuilder(theirs).network()));
  CHECK(contains(script, "pull -q -- quay.io/other/tool:1"));
  CHECK_FALSE(contains(script, "credentials"));
}

TEST_CASE("what was built for another architecture is refused before it is pulled") {
  Config config = config_with("build: .");
  config.services[0].build->images["arm64"] = {"sha256:" + std::string(64, 'b'), 0,
                                               "sha256:" + std::string(64, 'a')};
  const auto errors = errors_of(config, FactsBuilder(config));
  REQUIRE(errors.size() == 1);
  CHECK(contains(errors.front().what, "is built for arm64, but this host is amd64"));
}
