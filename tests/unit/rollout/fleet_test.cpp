// Several hosts and services: batches, pauses, and what each policy does when something fails.
#include "rollout_story.hpp"

using namespace segue;

namespace {

// `web` on so many hosts, with this `rollout`; the lines of `services` come after it.
std::string fleet_yaml(int hosts, const std::string& rollout, const std::string& services = {}) {
  std::string text = shop_yaml(hosts);
  return "rollout: {" + rollout + "}\n" + text + services;
}

// `db` on both hosts, which `web` depends on, and `jobs`, which nobody needs. Workers: their rolls
// have fewer sections than those of `web`.
std::string three_services(const std::string& policy) {
  return fleet_yaml(
      2, policy,
      "    depends_on: [db]\n"
      "  jobs: {image: \"app:${VERSION}\", hosts: [web-1]}\n"
      "  db: {image: \"app:${VERSION}\", hosts: [web-1, web-2], depends_on: [jobs]}\n");
}

const std::string kWeb = " rename start gate switch verify commit drain stop";
const std::string kWorker = " rename start gate commit stop";

// All hosts at once.
Lines on_all(std::initializer_list<const char*> hosts, const std::string& what) {
  Lines lines;
  for (const char* host : hosts) lines.push_back("run " + std::string(host) + ":" + what);
  return lines;
}

void end_all(RolloutStory& story) {
  while (!story.finished() && !story.running.empty()) {
    const std::string host = story.running.begin()->first;
    story.running.erase(host);
    story.succeed(host);
  }
}

}  // namespace

TEST_CASE("Hosts are rolled in batches, and a batch waits for all of the one before") {
  RolloutStory story(fleet_yaml(5, "parallel: 2"), false);
  CHECK(story.step() == on_all({"web-1", "web-2"}, kWeb));
  CHECK(story.told() == "Roll web on web-1, web-2 (batch 1 of 3)\n");
  CHECK(story.succeed("web-2").empty());
  CHECK(story.succeed("web-1") == on_all({"web-3", "web-4"}, kWeb));
  CHECK(story.succeed("web-3").empty());
  CHECK(story.succeed("web-4") == on_all({"web-5"}, kWeb));
  CHECK(story.told() ==
        "Roll web on web-3, web-4 (batch 2 of 3)\nRoll web on web-5 (batch 3 of 3)\n");
  CHECK(story.succeed("web-5") == on_all({"web-1", "web-2", "web-3", "web-4", "web-5"}, " record"));
}

TEST_CASE("100% rolls all hosts at once") {
  RolloutStory story(fleet_yaml(3, "parallel: 100%"), false);
  CHECK(story.step() == on_all({"web-1", "web-2", "web-3"}, kWeb));
  CHECK(story.told() == "Roll web on web-1, web-2, web-3\n");
}

TEST_CASE("Between two batches there is a pause, and none before the first or after the last") {
  RolloutStory story(fleet_yaml(2, "pause: 30s"), false);
  CHECK(story.step() == on_all({"web-1"}, kWeb));
  CHECK(story.succeed("web-1").empty());
  REQUIRE(story.wake_at().has_value());
  CHECK(*story.wake_at() - story.now() == std::chrono::seconds(30));
  CHECK(story.told() == "Roll web on web-1 (batch 1 of 2)\nPause 30s before the next batch\n");
  CHECK(story.step().empty());
  CHECK(story.step().empty());
  CHECK(story.step() == on_all({"web-2"}, kWeb));
  CHECK_FALSE(story.wake_at().has_value());
  CHECK(story.succeed("web-2") == on_all({"web-1", "web-2"}, " record"));
}

TEST_CASE("Ctrl-C in a pause brings everything back") {
  RolloutStory story(fleet_yaml(2, "pause: 5m, on_failure: stop"), false);
  story.step();
  story.succeed("web-1");
  CHECK(story.at_once({Interrupted{1}}) == Lines{"read web-1"});
  CHECK(story.tell_facts(story.rolled("web-1")) == Lines{"run web-1: undo-web"});
  CHECK(story.succeed("web-1") == on_all({"web-1", "web-2"}, " record unlock"));
  end_all(story);
  CHECK(story.code() == Code::interrupted);
  CHECK(story.states() == "web-1 web: as before\nweb-2 web: as before\n");
}

TEST_CASE("A service is rolled when those that it depends on serve on all their hosts") {
  RolloutStory story(three_services("parallel: 2"), false);
  CHECK(story.step() == on_all({"web-1"}, kWorker));
  CHECK(story.succeed("web-1") == on_all({"web-1", "web-2"}, kWorker));
  CHECK(story.succeed("web-2").empty());
  CHECK(story.succeed("web-1") == on_all({"web-1", "web-2"}, kWeb));
  CHECK(story.told() == "Roll jobs on web-1\nRoll db on web-1, web-2\nRoll web on web-1, web-2\n");
}

TEST_CASE("rollback: one failed host of a batch brings back all that this deploy has changed") {
  RolloutStory story(fleet_yaml(3, "parallel: 2"), false);
  story.step();
  CHECK(story.fail_at("web-2", 2, 96, "gate-timeout 503").empty());  // web-1 may end its roll
  CHECK(story.succeed("web-1") == Lines{"read web-1", "read web-2"});
  story.tell_facts(story.rolled("web-1"));
  CHECK(story.tell_facts(story.half("web-2")) == on_all({"web-1", "web-2"}, " undo-web"));
  story.succeed("web-1");
  CHECK(story.succeed("web-2") == on_all({"web-1", "web-2", "web-3"}, " record unlock"));
  end_all(story);
  REQUIRE(story.finished());
  CHECK(story.code() == Code::failed);
  CHECK(story.result().ending == RolloutResult::Ending::undone);
  CHECK(story.status() == ReleaseStatus::rolled_back);
  CHECK(story.states() == "web-1 web: as before\nweb-2 web: as before\nweb-3 web: as before\n");
}

TEST_CASE("stop: the failed host goes back, what is done stays, nothing more is started") {
  RolloutStory story(fleet_yaml(3, "on_failure: stop"), false);
  story.step();
  CHECK(story.succeed("web-1") == on_all({"web-2"}, kWeb));
  story.told();
  CHECK(story.fail_at("web-2", 2, 96, "gate-timeout 503") == Lines{"read web-2"});
  CHECK(story.told() ==
        "web failed on web-2: it goes back there; what is done stays, nothing more is started\n");
  CHECK(story.tell_facts(story.half("web-2")) == Lines{"run web-2: undo-web"});
  CHECK(story.succeed("web-2") == on_all({"web-1", "web-2", "web-3"}, " record"));
  const std::string record = story.text_of("web-3");
  CHECK(contains(record, "\"status\":\"partial\""));
  CHECK(contains(record, "\"host\":\"web-1\",\"image\":\"app:v2\""));
  CHECK(contains(record, "\"host\":\"web-2\",\"image\":\"app:v1\""));
  CHECK(contains(record, "\"host\":\"web-3\",\"image\":\"app:v1\""));
  story.succeed("web-1");
  story.succeed("web-2");
  CHECK(story.succeed("web-3") ==
        Lines{"run web-1: remove unlock", "run web-2: unlock", "run web-3: unlock"});
  end_all(story);
  REQUIRE(story.finished());
  CHECK(story.code() == Code::partial);
  CHECK(story.result().ending == RolloutResult::Ending::in_part);
  CHECK(contains(story.result().error->hint, "segue deploy"));
  CHECK(story.states() == "web-1 web: changed\nweb-2 web: as before\nweb-3 web: as before\n");
  CHECK(contains(story.why("web-2", "web"), "503"));
  CHECK(story.why("web-3", "web") == "nothing more was started");
}

TEST_CASE("stop at the very first host has changed nothing, and says so") {
  RolloutStory story(fleet_yaml(2, "on_failure: stop"), false);
  story.step();
  CHECK(story.fail_at("web-1", 2, 96, "gate-timeout 503") == Lines{"read web-1"});
  CHECK(story.tell_facts(story.half("web-1")) == Lines{"run web-1: undo-web"});
  CHECK(story.succeed("web-1") == on_all({"web-1", "web-2"}, " record unlock"));
  CHECK(contains(story.text_of("web-2"), "rolled_back"));
  end_all(story);
  REQUIRE(story.finished());
  CHECK(story.code() == Code::failed);
  CHECK(story.result().ending == RolloutResult::Ending::undone);
}

TEST_CASE("isolate: the service goes back on all its hosts, its dependents wait, others go on") {
  const std::string yaml =
      fleet_yaml(2, "on_failure: isolate",
                 "    depends_on: [db]\n"
                 "  db: {image: \"app:${VERSION}\", hosts: [web-1, web-2]}\n"
                 "  jobs: {image: \"app:${VERSION}\", hosts: [web-1]}\n"
                 "  mail: {image: \"app:${VERSION}\", hosts: [web-2], depends_on: [web]}\n");
  RolloutStory story(yaml, false);
  CHECK(story.step() == on_all({"web-1"}, kWorker));
  CHECK(story.succeed("web-1") == on_all({"web-2"}, kWorker));
  story.told();
  CHECK(story.fail_at("web-2", 2, 96, "gate-exited it crashed") ==
        Lines{"read web-1", "read web-2"});
  story.tell_facts(story.facts("web-1", {{"db"}, {}}));
  CHECK(story.tell_facts(story.facts("web-2", {{}, {"db"}})) ==
        on_all({"web-1", "web-2"}, " undo-db"));
  story.succeed("web-1");
  CHECK(story.succeed("web-2") == on_all({"web-1"}, kWorker));  // jobs
  CHECK(story.told() ==
        "db failed on web-2: db goes back on all its hosts, the others go on\n"
        "web is not rolled: db, which it depends on, has failed\n"
        "Roll jobs on web-1\n");
  CHECK(story.succeed("web-1") == on_all({"web-1", "web-2"}, " record"));
  CHECK(story.told() == "mail is not rolled: web, which it depends on, has failed\n");
  story.succeed("web-1");
  CHECK(story.succeed("web-2") == Lines{"run web-1: remove unlock", "run web-2: unlock"});
  CHECK(contains(story.text_of("web-1"), "shop-jobs_old"));
  CHECK_FALSE(contains(story.text_of("web-1"), "shop-db_old"));
  end_all(story);
  REQUIRE(story.finished());
  CHECK(story.code() == Code::partial);
  CHECK(story.status() == ReleaseStatus::partial);
  CHECK(story.states() ==
        "web-1 db: as before\nweb-2 db: as before\nweb-1 web: as before\nweb-2 web: as before\n"
        "web-1 jobs: changed\nweb-2 mail: as before\n");
  CHECK(story.why("web-1", "db") == "it failed on another host");
  CHECK(story.why("web-2", "db") == "it crashed");
  CHECK(story.why("web-2", "web") == "db, which it depends on, has failed");
}

TEST_CASE("isolate with nothing else to do is a failure after which everything is as before") {
  RolloutStory story(fleet_yaml(1, "on_failure: isolate"), false);
  story.step();
  story.fail_at("web-1", 2, 96, "gate-timeout 503");
  story.tell_facts(story.half("web-1"));
  CHECK(story.succeed("web-1") == Lines{"run web-1: record unlock"});
  end_all(story);
  REQUIRE(story.finished());
  CHECK(story.code() == Code::failed);
}

TEST_CASE("max_failures: so many hosts go back by themselves while the others go on") {
  RolloutStory story(fleet_yaml(3, "max_failures: 1"), false);
  story.step();
  story.told();
  CHECK(story.fail_at("web-1", 2, 96, "gate-timeout 503") == Lines{"read web-1"});
  CHECK(story.told() ==
        "web failed on web-1: it goes back there, and the deploy goes on (max_failures: 1)\n");
  CHECK(story.tell_facts(story.half("web-1")) == Lines{"run web-1: undo-web"});
  CHECK(story.succeed("web-1") == on_all({"web-2"}, kWeb));
  CHECK(story.succeed("web-2") == on_all({"web-3"}, kWeb));
  SECTION("and it is enough") {
    CHECK(story.succeed("web-3") == on_all({"web-1", "web-2", "web-3"}, " record"));
    end_all(story);
    CHECK(story.code() == Code::partial);
    CHECK(story.states() == "web-1 web: as before\nweb-2 web: changed\nweb-3 web: changed\n");
  }
  SECTION("one more, and the policy applies") {
    CHECK(story.fail_at("web-3", 2, 96, "gate-timeout 503") ==
          Lines{"read web-1", "read web-2", "read web-3"});
    story.tell_facts(story.as_before("web-1"));
    story.tell_facts(story.rolled("web-2"));
    CHECK(story.tell_facts(story.half("web-3")) ==
          Lines{"run web-2: undo-web", "run web-3: undo-web"});
    end_all(story);
    CHECK(story.code() == Code::failed);
    CHECK(story.states() == "web-1 web: as before\nweb-2 web: as before\nweb-3 web: as before\n");
  }
}

TEST_CASE("A dependency that failed within max_failures still serves as before, so it is met") {
  const std::string policy =
      "    depends_on: [db]\n"
      "  db: {image: \"app:${VERSION}\", hosts: [web-1]}\n";
  RolloutStory story(fleet_yaml(1, "max_failures: 1", policy), false);
  story.step();
  story.fail_at("web-1", 2, 96, "gate-timeout 503");
  story.tell_facts(story.facts("web-1", {{}, {"db"}}));
  CHECK(story.succeed("web-1") == on_all({"web-1"}, kWeb));
}

TEST_CASE("A service's own policy counts when it fails") {
  RolloutStory story(fleet_yaml(1, "on_failure: stop",
                                "  jobs: {image: \"app:${VERSION}\", hosts: [web-1]}\n"
                                "  mail: {image: \"app:${VERSION}\", hosts: [web-1],\n"
                                "         rollout: {on_failure: rollback}}\n"),
                     false);
  story.step();
  CHECK(story.succeed("web-1") == on_all({"web-1"}, kWorker));
  SECTION("jobs has the shared one: web stays") {
    story.fail_at("web-1", 2, 96, "gate-timeout 503");
    CHECK(story.tell_facts(story.facts("web-1", {{"web"}, {"jobs"}})) ==
          Lines{"run web-1: undo-jobs"});
    CHECK(story.succeed("web-1") == Lines{"run web-1: record remove unlock"});
    CHECK(contains(story.text_of("web-1"), "shop-web_old"));
    end_all(story);
    CHECK(story.code() == Code::partial);
    CHECK(story.states() == "web-1 web: changed\nweb-1 jobs: as before\nweb-1 mail: as before\n");
  }
  SECTION("mail has one of its own: all goes back") {
    CHECK(story.succeed("web-1") == on_all({"web-1"}, kWorker));
    story.fail_at("web-1", 2, 96, "gate-timeout 503");
    CHECK(story.tell_facts(story.facts("web-1", {{"web", "jobs"}, {"mail"}})) ==
          Lines{"run web-1: undo-jobs undo-mail undo-web"});
    end_all(story);
    CHECK(story.code() == Code::failed);
    CHECK(story.states() == "web-1 web: as before\nweb-1 jobs: as before\nweb-1 mail: as before\n");
  }
}

TEST_CASE("A host that is lost in a roll and comes back goes back like any other") {
  RolloutStory story(fleet_yaml(2, "on_failure: stop"), false);
  story.step();
  story.succeed("web-1");
  CHECK(story.lose("web-2") == Lines{"read web-2 (end scripts)"});
  CHECK(story.no_answer("web-2").empty());
  CHECK(story.step() == Lines{"read web-2 (end scripts)"});
  CHECK(story.tell_facts(story.half("web-2")) == Lines{"run web-2: undo-web"});
  CHECK(story.succeed("web-2") == on_all({"web-1", "web-2"}, " record"));
  end_all(story);
  CHECK(story.code() == Code::partial);
  CHECK(story.states() == "web-1 web: changed\nweb-2 web: as before\n");
}

TEST_CASE("A host that stays away is not known, gets no further script, and the others end well") {
  RolloutStory story(fleet_yaml(3, "max_failures: 1"), false);
  story.step();
  story.lose("web-1");
  for (int attempt = 1; attempt < 5; ++attempt) {
    story.no_answer("web-1");
    REQUIRE(story.step() == Lines{"read web-1 (end scripts)"});
  }
  CHECK(story.no_answer("web-1") == on_all({"web-2"}, kWeb));
  CHECK(story.succeed("web-2") == on_all({"web-3"}, kWeb));
  CHECK(story.succeed("web-3") == on_all({"web-2", "web-3"}, " record"));
  CHECK(contains(story.text_of("web-2"), "\"state\":\"unknown\""));
  end_all(story);
  REQUIRE(story.finished());
  CHECK(story.code() == Code::partial);
  CHECK(contains(story.result().error->hint, "segue recover"));
  CHECK(story.states() == "web-1 web: unknown\nweb-2 web: changed\nweb-3 web: changed\n");
}

TEST_CASE("A roll that never began has changed nothing, even if its host stays away") {
  RolloutStory story(fleet_yaml(2, ""), false);
  story.step();
  story.succeed("web-1");
  CHECK(story.step({ScriptEnded{"web-2", NotStarted{unreachable_error()}, {}, {}}}) ==
        Lines{"read web-1", "read web-2"});
  story.tell_facts(story.rolled("web-1"));
  for (int attempt = 1; attempt < 5; ++attempt) {
    story.no_answer("web-2");
    story.step();
  }
  CHECK(story.no_answer("web-2") == Lines{"run web-1: undo-web"});
  CHECK(story.succeed("web-1") == Lines{"run web-1: record unlock"});
  end_all(story);
  CHECK(story.code() == Code::partial);  // the host is away, and its lock with it
  CHECK(story.states() == "web-1 web: as before\nweb-2 web: as before\n");
}

TEST_CASE("Ctrl-C while a failed host goes back unwinds the whole deploy, whatever the policy") {
  for (const char* policy : {"on_failure: stop", "max_failures: 2"}) {
    for (const bool is_asked : {true, false}) {
      INFO(policy << (is_asked ? ", while it is asked" : ", while it is brought back"));
      RolloutStory story(fleet_yaml(2, policy), false);
      story.step();
      story.succeed("web-1");
      CHECK(story.fail_at("web-2", 2, 96, "gate-timeout 503") == Lines{"read web-2"});
      if (!is_asked) CHECK(story.tell_facts(story.half("web-2")) == Lines{"run web-2: undo-web"});
      CHECK(story.step({Interrupted{1}}) ==
            Lines{"abandon web-2", "read web-1",
                  is_asked ? "read web-2" : "read web-2 (end scripts)"});
      story.tell_facts(story.rolled("web-1"));
      CHECK(story.tell_facts(story.half("web-2")) == on_all({"web-1", "web-2"}, " undo-web"));
      end_all(story);
      REQUIRE(story.finished());
      CHECK(story.code() == Code::interrupted);
      CHECK(story.status() == ReleaseStatus::interrupted);
      CHECK(story.states() == "web-1 web: as before\nweb-2 web: as before\n");
    }
  }
}

TEST_CASE("An undo of one host that fails leaves it unknown, and the deploy in part") {
  RolloutStory story(fleet_yaml(2, "on_failure: stop"), false);
  story.step();
  story.succeed("web-1");
  story.fail_at("web-2", 6, 96, "stop no answer");
  CHECK(story.tell_facts(story.rolled("web-2")) == Lines{"run web-2: undo-web"});
  CHECK(story.fail_at("web-2", 0, 96, "nothing-serves web") ==
        on_all({"web-1", "web-2"}, " record"));
  end_all(story);
  CHECK(story.code() == Code::partial);
  CHECK(story.states() == "web-1 web: changed\nweb-2 web: unknown\n");
}

TEST_CASE("The record of a deploy in part is what the next one goes on from") {
  RolloutStory story(fleet_yaml(2, "on_failure: stop"), false);
  story.step();
  story.succeed("web-1");
  story.fail_at("web-2", 2, 96, "gate-timeout 503");
  story.tell_facts(story.half("web-2"));
  story.succeed("web-2");
  // web-1 has the new containers, web-2 the old ones: only web-2 is left to do.
  std::map<std::string, HostFacts> facts{{"web-1", story.rolled("web-1")},
                                         {"web-2", story.as_before("web-2")}};
  facts["web-1"].containers.erase(facts["web-1"].containers.begin());  // the retired one
  const Plan next = make_plan({story.config, facts, {}, {}, "3-v2-cccc", kTestSalt});
  REQUIRE(next.rolls.size() == 1);
  CHECK(next.rolls.front().host == "web-2");
  REQUIRE(next.unchanged.size() == 1);
  CHECK(next.unchanged.front().release == kRelease);
}

TEST_CASE("The lease of a host that waits for its turn is renewed, and a renewal decides nothing") {
  RolloutStory story(fleet_yaml(2, ""), false);
  CHECK(story.step() == on_all({"web-1"}, kWeb));
  for (int seconds = 10; seconds < 120; seconds += 10) CHECK(story.step().empty());
  CHECK(story.step() == Lines{"run web-2: renew"});
  CHECK(story.lose("web-2").empty());
  CHECK(story.succeed("web-1") == on_all({"web-2"}, kWeb));
  CHECK(story.succeed("web-2") == on_all({"web-1", "web-2"}, " record"));
  story.succeed("web-1");
  story.succeed("web-2");
  end_all(story);
  CHECK(story.finished());
  CHECK_FALSE(story.result().error);
}
