// Which images leave a host, and why others stay.
#include "segue/plan/retention.hpp"

#include "support/facts.hpp"

#include "segue/base/text.hpp"

using namespace segue;

namespace {

constexpr const char* kConfig =
    "project: shop\nservers: {web-1: {host: 10.0.0.1}, web-2: {host: 10.0.0.2}}\nservices:\n"
    "  web: {image: \"shop:1\", hosts: [web-1, web-2]}\n"
    "  worker: {image: \"shop:1\", hosts: [web-1], retain: 1}\n";

// "1" -> the id of shop:1
std::string id_of(const std::string& version) {
  return id_of_image("shop:" + version);
}

class Story {
 public:
  Story() : config(config_of(kConfig)), builder(config) { facts().host = "web-1"; }

  HostFacts& facts() { return builder.facts; }

  // A release in which each service has this version of shop.
  Story& release(const std::map<std::string, std::string>& versions,
                 ReleaseStatus status = ReleaseStatus::succeeded,
                 const std::string& restores = "") {
    KnownRelease known;
    known.record.sequence = ++sequence;
    known.record.id = std::to_string(sequence) + "-v-aa11";
    known.record.status = status;
    known.record.restores = restores;
    for (const auto& [service, version] : versions) {
      ServiceRecord part;
      part.host = "web-1";
      part.service = service;
      part.image = "shop:" + version;
      part.image_id = id_of(version);
      known.record.services.push_back(part);
    }
    history.releases.insert(history.releases.begin(), known);
    return *this;
  }

  Story& web(const std::vector<std::string>& versions) {
    for (const std::string& version : versions) release({{"web", version}});
    return *this;
  }

  // What the probe of `services prune` finds.
  Story& looked(const std::vector<std::string>& versions) {
    looked_ = true;
    for (const std::string& version : versions) {
      ImageFacts image{id_of(version), id_of(version), {}, "amd64", {}};
      image.tags = {"shop:" + version};
      facts().images[image.id] = image;
    }
    return *this;
  }

  std::vector<RecordedImage> images(std::optional<int> retain = {},
                                    const std::vector<std::string>& services = {}) const {
    return Retention({config, history, services, retain, looked_}).images_of(builder.facts);
  }

  // Versions that leave, in the order in which they are named.
  std::string leave(std::optional<int> retain = {}, const std::vector<std::string>& services = {}) {
    std::string text;
    for (const LeavingImage& image : leaving(images(retain, services)))
      for (int version = 1; version < 60; ++version)
        if (image.id == id_of(std::to_string(version))) text += std::to_string(version) + " ";
    return std::string(trim(text));
  }

  std::string why(const std::string& service, const std::string& version) const {
    for (const RecordedImage& image : images())
      if (image.service == service && image.id == id_of(version)) return image.kept_by;
    return "it is not known";
  }

  Config config;
  FactsBuilder builder;
  History history;
  int sequence = 0;

 private:
  bool looked_ = false;
};

}  // namespace

TEST_CASE("the newest images stay, three of them unless it is said, and older ones leave") {
  CHECK(Story().web({"1", "2", "3"}).leave().empty());
  CHECK(Story().web({"1", "2", "3", "4", "5"}).leave() == "2 1");
  CHECK(Story().web({"1", "2", "3", "4", "5"}).leave(4) == "1");
  CHECK(Story().web({"1", "2", "3", "4", "5"}).leave(30).empty());
}

TEST_CASE("a window of one is what runs, and what a rollback goes to stays beside it") {
  Story story;
  story.web({"1", "2", "3"});
  CHECK(story.leave(1) == "1");
  CHECK(story.why("web", "2") == "`segue rollback` goes to it");
}

TEST_CASE("images are counted and not releases: a change of the configuration costs no image") {
  CHECK(Story().web({"1", "2", "3", "3", "3", "3"}).leave().empty());
}

TEST_CASE("what was gone back to is new again") {
  Story story;
  story.web({"1", "2", "3", "4"}).release({{"web", "2"}}, ReleaseStatus::succeeded, "2-v-aa11");
  CHECK(story.leave(2) == "3");  // 2 and 4 are the newest, and 1 is the next to go back to
  CHECK(story.why("web", "1") == "`segue rollback` goes to it");
}

TEST_CASE("a release that failed names nothing to go back to") {
  Story story;
  story.web({"1", "2"}).release({{"web", "9"}}, ReleaseStatus::rolled_back).web({"3"});
  CHECK(story.leave() == "9");
  CHECK(Story().release({{"web", "9"}}, ReleaseStatus::partial).web({"1", "2"}).leave().empty());
}

TEST_CASE("what runs stays, and what any container has, of whomever") {
  Story story;
  story.web({"1", "2", "3", "4", "5", "6"});
  story.looked({"1", "2", "3", "4", "5", "6"});
  CHECK(story.leave() == "3 2 1");
  story.builder.deployed("web", {"1-v-aa11", Slot::green, {}});  // shop:1
  story.facts().image_users[id_of("2")] = {"somebody-elses"};
  CHECK(story.leave() == "3");
  CHECK(story.why("web", "1") == "it runs");
  CHECK(story.why("web", "2") == "the container somebody-elses uses it");
  for (ContainerFacts& container : story.facts().containers) container.state = "exited";
  CHECK(story.leave() == "3");
  CHECK(contains(story.why("web", "1"), " uses it"));
}

TEST_CASE("what the records of another project or environment name stays") {
  Story story;
  story.web({"1", "2", "3", "4", "5"}).looked({"1", "2", "3", "4", "5"});
  story.facts().image_claims[id_of("1")] = {"shop/staging", "blog/_"};
  CHECK(story.leave() == "2");
  CHECK(story.why("web", "1") == "shop/staging, blog has it too");
}

TEST_CASE("a name that no release has used keeps an image") {
  Story story;
  story.web({"1", "2", "3", "4", "5"}).looked({"1", "2", "3", "4", "5"});
  story.facts().images[id_of("1")].tags.emplace_back("mine:keep");
  CHECK(story.leave() == "2");
  CHECK(story.why("web", "1") == "it has the name mine:keep, which no release has");
}

TEST_CASE("engines write names in their own way, and may know an image by its digest alone") {
  Story story;
  story.web({"1", "2", "3", "4", "5"}).looked({"1", "2", "3", "4", "5"});
  story.facts().images[id_of("1")].tags = {"docker.io/library/shop:1"};
  story.facts().images[id_of("2")].tags = {};
  CHECK(story.leave() == "2 1");
  story.facts().images[id_of("1")].tags = {"localhost/shop:1"};
  CHECK(story.leave() == "2 1");
  story.facts().images[id_of("1")].tags = {"registry.example.com/shop:1"};
  CHECK(story.leave() == "2");
}

TEST_CASE("services that share an image keep it for each other") {
  Story story;
  story.release({{"web", "1"}, {"worker", "1"}}).release({{"web", "1"}, {"worker", "2"}});
  story.release({{"web", "1"}, {"worker", "3"}}).release({{"web", "1"}, {"worker", "4"}});
  CHECK(story.leave() == "2");  // 3 is what a rollback goes to
  CHECK(story.why("worker", "1") == "web keeps it");
}

TEST_CASE("only services that are named lose images, and none that deploy.yml does not have") {
  Story story;
  story.release({{"old", "50"}});
  for (const char* version : {"1", "2", "3", "4", "5"})
    story.release({{"web", version}, {"worker", "4" + std::string(version)}});
  CHECK(story.leave() == "2 1 43 42 41");
  CHECK(story.leave({}, {"web"}) == "2 1");
  CHECK(story.leave({}, {"worker"}) == "43 42 41");
  CHECK(story.why("old", "50") == "deploy.yml has no old here");
}

TEST_CASE("each host is judged by what it had itself") {
  Story story;
  story.web({"1", "2", "3", "4", "5"});
  story.facts().host = "web-2";
  CHECK(story.leave().empty());
}

TEST_CASE("a deploy lets go of an image once, unless a later release had it again") {
  Story story;
  story.web({"1", "2", "3", "4", "5"});
  story.facts().let_go = {{id_of("1"), 4}};
  CHECK(story.leave() == "2");
  story.facts().let_go = {{id_of("1"), 4}, {id_of("2"), 1}};
  CHECK(story.leave() == "2");
  story.looked({"1", "2", "3", "4", "5"});  // who looks tries again
  CHECK(story.leave() == "2 1");
}

TEST_CASE("what is gone already does not leave") {
  Story story;
  story.web({"1", "2", "3", "4", "5"}).looked({"2", "3", "4", "5"});
  CHECK(story.leave() == "2");
  CHECK(story.why("web", "1") == "it is gone");
}

TEST_CASE("what only forgotten releases have leaves by the command alone") {
  Story story;
  for (int i = 0; i < 31; ++i) story.web({i == 0 ? "1" : "2"});
  CHECK(story.leave() == "1");  // its record is not read from now on
  story.looked({"2", "7"});
  CHECK(story.leave().empty());
  story.facts().recorded_names = {"shop:1", "shop:7"};
  CHECK(story.leave() == "7");
  CHECK(story.leave({}, {"web"}).empty());
}

TEST_CASE("a deploy removes in its cleanup what it makes too old, and says so") {
  const Config config = config_of(
      "project: shop\nservers: {web-1: {host: 10.0.0.1}}\nservices:\n"
      "  worker: {image: \"shop:3\", hosts: [web-1], retain: 1}\n");
  HostFacts facts = FactsBuilder(config).images().network().facts;
  for (const char* version : {"1", "2"}) {
    ReleaseRecord record;
    record.id = std::string(version) + "-v-aa11";
    record.sequence = std::atoi(version);
    ServiceRecord part;
    part.host = "web-1";
    part.service = "worker";
    part.image = std::string("shop:") + version;
    part.image_id = id_of(version);
    record.services = {part};
    facts.records[record.id] = record_json(record);
  }
  const std::map<std::string, HostFacts> all{{"web-1", facts}};
  const auto removal = [&](const ReleaseRecord* restores) {
    const Plan plan = make_plan({config, all, {}, {}, "3-v3-bb22", kTestSalt, restores});
    for (const HostSteps& host : plan.cleanup)
      for (const Step& step : host.steps)
        if (step.section.name == "images") return step.section.body.render({});
    return std::string();
  };
  CHECK(contains(removal(nullptr), "segue_let_go " + id_of("1") + " "));
  CHECK_FALSE(contains(removal(nullptr), "segue_let_go " + id_of("2")));
  const ReleaseRecord back;
  CHECK(removal(&back).empty());
}
