// Hosts of two architectures: each gets the image that was built for it, and the release remembers
// which that was.
#include "support/facts.hpp"

#include "segue/base/text.hpp"

using namespace segue;

namespace {

const std::string kAmd = "sha256:" + std::string(64, 'a');
const std::string kArm = "sha256:" + std::string(64, 'b');

Config config_for_two(const std::string& builder) {
  Config config = config_of(
      "project: shop\nservers:\n  web-1: {host: 203.0.113.7}\n  web-2: {host: 203.0.113.8}\n" +
      builder + "services:\n  web:\n    hosts: [web-1, web-2]\n    build: .\n");
  config.services[0].build->images = {{"amd64", {kAmd, 1000, {}}}, {"arm64", {kArm, 2000, {}}}};
  return config;
}

std::map<std::string, HostFacts> facts_of(const Config& config) {
  FactsBuilder first(config);
  FactsBuilder second(config, "web-2");
  second.facts.architecture = "arm64";
  return {{"web-1", first.network().facts}, {"web-2", second.network().facts}};
}

Plan plan_of(const Config& config, const std::map<std::string, HostFacts>& facts) {
  return make_plan({config, facts, {}, {}, "4-v2-bb22", "new salt"});
}

const Step* bringing(const Plan& plan, const std::string& host, const std::string& section) {
  for (const HostSteps& steps : plan.stage)
    for (const Step& step : steps.steps)
      if (steps.host == host && step.section.name == section) return &step;
  return nullptr;
}

}  // namespace

TEST_CASE("each host is sent the image of its own architecture") {
  const Config config = config_for_two("");
  const auto facts = facts_of(config);
  CHECK(check_hosts({config, facts, {}, {}, "4-v2-bb22", "new salt"}).empty());
  const Plan plan = plan_of(config, facts);
  const Step* first = bringing(plan, "web-1", "load");
  const Step* second = bringing(plan, "web-2", "load");
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first->image == kAmd);
  CHECK(second->image == kArm);
  CHECK(contains(second->section.body.without_secrets(), "tag " + kArm + " shop-web:v1"));
}

TEST_CASE("each host pulls by the digest of its own architecture") {
  Config config = config_for_two("builder: {registry: {server: ghcr.io/acme}}\n");
  auto& images = config.services[0].build->images;
  images["amd64"].digest = "sha256:" + std::string(64, 'c');
  images["arm64"].digest = "sha256:" + std::string(64, 'd');
  const Plan plan = plan_of(config, facts_of(config));
  const Step* first = bringing(plan, "web-1", "pull");
  const Step* second = bringing(plan, "web-2", "pull");
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(contains(first->section.body.without_secrets(), "shop-web@" + images["amd64"].digest));
  CHECK(contains(second->section.body.without_secrets(), "shop-web@" + images["arm64"].digest));
}

TEST_CASE("a release remembers each host's own image") {
  const Config config = config_for_two("builder: {registry: {server: ghcr.io/acme}}\n");
  auto facts = facts_of(config);
  const std::string image = config.services[0].image;
  for (const auto& [host, id] :
       std::map<std::string, std::string>{{"web-1", kAmd}, {"web-2", kArm}}) {
    ImageFacts& known = facts.at(host).images[image];
    known.id = id;
    known.digests = {"ghcr.io/acme/shop-web@" + id};
  }
  const ReleaseRecord record = plan_of(config, facts).record;
  REQUIRE(record.services.size() == 2);
  for (const ServiceRecord& part : record.services) {
    CAPTURE(part.host);
    CHECK(part.image_id == (part.host == "web-1" ? kAmd : kArm));
    CHECK(part.digest == "ghcr.io/acme/shop-web@" + part.image_id);
  }
}

TEST_CASE("a host for whose architecture nothing was built is named before anything changes") {
  Config config = config_for_two("");
  config.services[0].build->images.erase("arm64");
  const auto facts = facts_of(config);
  const auto errors = check_hosts({config, facts, {}, {}, "4-v2-bb22", "new salt"});
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().context == std::vector<std::string>{"web-2"});
  CHECK(contains(errors.front().what, "is built for amd64, but this host is arm64"));
}
