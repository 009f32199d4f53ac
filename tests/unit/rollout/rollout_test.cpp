#include "rollout_story.hpp"

using namespace segue;

namespace {

const std::string kRoll = " rename start gate switch verify commit drain stop";

// Two hosts, both staged, the first one rolled: the second one rolls now.
void reach_second_roll(RolloutStory& story) {
  REQUIRE(story.step() == Lines{"run web-1: pull", "run web-2: pull"});
  REQUIRE(story.succeed("web-1").empty());
  REQUIRE(story.succeed("web-2") == Lines{"run web-1:" + kRoll});
  REQUIRE(story.succeed("web-1") == Lines{"run web-2:" + kRoll});
}

}  // namespace

TEST_CASE("One host: stage, roll, then record, clean up and unlock in one script") {
  RolloutStory story(1);
  CHECK(story.step() == Lines{"run web-1: pull"});
  CHECK(story.succeed("web-1") == Lines{"run web-1:" + kRoll});
  CHECK(story.succeed("web-1") == Lines{"run web-1: record remove unlock"});
  CHECK(contains(story.text_of("web-1"), "succeeded"));
  CHECK(story.succeed("web-1").empty());
  REQUIRE(story.finished());
  CHECK_FALSE(story.result().error.has_value());
  CHECK(story.states() == "web-1 web: changed\n");
}

TEST_CASE("Two hosts: one after another, recorded everywhere before anything is removed") {
  RolloutStory story(2);
  reach_second_roll(story);
  CHECK(story.succeed("web-2") == Lines{"run web-1: record", "run web-2: record"});
  CHECK(story.succeed("web-2").empty());
  CHECK(story.succeed("web-1") == Lines{"run web-1: remove unlock", "run web-2: remove unlock"});
  CHECK(story.succeed("web-1").empty());
  CHECK(story.succeed("web-2").empty());
  REQUIRE(story.finished());
  CHECK_FALSE(story.result().error.has_value());
  CHECK(story.status() == ReleaseStatus::succeeded);
}

TEST_CASE("Every script is fenced, and no two have the same name") {
  RolloutStory story(1);
  story.step();
  const Script first = story.running.at("web-1");
  REQUIRE(first.fence.has_value());
  CHECK(first.fence->generation == 7);
  CHECK(first.fence->lock_folder == "/var/lib/segue/projects/shop/lock");
  story.succeed("web-1");
  REQUIRE(story.running.at("web-1").fence.has_value());
  CHECK(story.running.at("web-1").journal->run != first.journal->run);
}

TEST_CASE("A gate that fails on the second host brings the first one back as well") {
  RolloutStory story(2);
  reach_second_roll(story);
  CHECK(story.fail_at("web-2", 2, 96, "gate-timeout GET /health answered 503") ==
        Lines{"read web-1", "read web-2"});
  CHECK(story.tell_facts(story.rolled("web-1")).empty());
  CHECK(story.tell_facts(story.half("web-2")) ==
        Lines{"run web-1: undo-web", "run web-2: undo-web"});
  CHECK(contains(story.text_of("web-1"), "green.off"));  // the token goes back
  CHECK(contains(story.text_of("web-2"), "rm -f -- shop-web"));
  CHECK(story.succeed("web-1").empty());
  CHECK(story.succeed("web-2") == Lines{"run web-1: record unlock", "run web-2: record unlock"});
  CHECK(contains(story.text_of("web-1"), "rolled_back"));
  // No service's containers are said to be of it.
  CHECK_FALSE(contains(story.text_of("web-1"), "\"release\":\"" + kRelease + "\",\"replicas\""));
  CHECK(story.succeed("web-1").empty());
  CHECK(story.succeed("web-2").empty());
  REQUIRE(story.finished());
  CHECK(story.code() == Code::failed);
  CHECK(contains(to_string(*story.result().error), "503"));
  CHECK(story.states() == "web-1 web: as before\nweb-2 web: as before\n");
}

TEST_CASE("A script that is lost is looked for before anything is judged, then undone") {
  RolloutStory story(1);
  story.step();
  story.succeed("web-1");
  CHECK(story.lose("web-1") == Lines{"read web-1 (end scripts)"});
  CHECK(story.no_answer("web-1").empty());
  CHECK(story.step() == Lines{"read web-1 (end scripts)"});
  CHECK(story.tell_facts(story.half("web-1")) == Lines{"run web-1: undo-web"});
  CHECK(story.succeed("web-1") == Lines{"run web-1: record unlock"});
  CHECK(story.succeed("web-1").empty());
  REQUIRE(story.finished());
  CHECK(story.code() == Code::failed);
  CHECK(story.states() == "web-1 web: as before\n");
}

TEST_CASE("A host that never answers again makes the result partial, and the list says so") {
  RolloutStory story(2);
  reach_second_roll(story);
  CHECK(story.lose("web-2") == Lines{"read web-1", "read web-2 (end scripts)"});
  CHECK(story.tell_facts(story.rolled("web-1")).empty());
  for (int attempt = 1; attempt < 5; ++attempt) {
    INFO("attempt " << attempt);
    REQUIRE(story.no_answer("web-2").empty());
    REQUIRE(story.step() == Lines{"read web-2 (end scripts)"});
  }
  CHECK(story.no_answer("web-2") == Lines{"run web-1: undo-web"});
  CHECK(story.succeed("web-1") == Lines{"run web-1: record unlock"});
  CHECK(contains(story.text_of("web-1"), "\"status\":\"partial\""));
  CHECK(contains(story.text_of("web-1"), "\"state\":\"unknown\""));
  CHECK(story.succeed("web-1").empty());
  REQUIRE(story.finished());
  CHECK(story.code() == Code::partial);
  CHECK(story.states() == "web-1 web: as before\nweb-2 web: unknown\n");
  CHECK(story.status() == ReleaseStatus::partial);
}

// Two scripts on a host at once, and the answer of one would be taken for that of the other.
TEST_CASE("No lease is renewed where a host is about to be asked again") {
  RolloutStory story(1);
  story.step();
  story.succeed("web-1");
  CHECK(story.fail_at("web-1", 2, 96, "gate-timeout answered 503") == Lines{"read web-1"});
  for (int seconds = 0; seconds < 300; seconds += 10) REQUIRE(story.step().empty());
  CHECK(story.no_answer("web-1").empty());
  CHECK(story.step() == Lines{"read web-1"});
}

TEST_CASE("A failed preparation changes nothing, and gives the locks back") {
  RolloutStory story(2);
  story.step();
  CHECK(story.fail_at("web-1", 0, 96, "image-missing app:v2").empty());  // web-2 still works
  CHECK(story.succeed("web-2") == Lines{"run web-1: unlock", "run web-2: unlock"});
  story.succeed("web-1");
  story.succeed("web-2");
  REQUIRE(story.finished());
  CHECK(story.code() == Code::failed);
  CHECK(contains(to_string(*story.result().error), "app:v2"));
  CHECK(story.states() == "web-1 web: as before\nweb-2 web: as before\n");
}

TEST_CASE("A host that is lost while it prepares has kept its containers") {
  RolloutStory story(1);
  story.step();
  CHECK(story.lose("web-1") == Lines{"read web-1 (end scripts)"});
  for (int attempt = 1; attempt < 5; ++attempt) {
    story.no_answer("web-1");
    story.step();
  }
  story.no_answer("web-1");
  REQUIRE(story.finished());
  CHECK(story.code() == Code::partial);  // its lock is still held, for one
  CHECK(story.states() == "web-1 web: as before\n");
}

TEST_CASE("Ctrl-C while hosts prepare gives the locks back") {
  RolloutStory story(2);
  story.step();
  CHECK(story.step({Interrupted{1}}) == Lines{"abandon web-1", "abandon web-2",
                                              "read web-1 (end scripts)",
                                              "read web-2 (end scripts)"});
  story.tell_facts(story.as_before("web-1"));
  CHECK(story.tell_facts(story.as_before("web-2")) ==
        Lines{"run web-1: unlock", "run web-2: unlock"});
  story.succeed("web-1");
  story.succeed("web-2");
  REQUIRE(story.finished());
  CHECK(story.code() == Code::interrupted);
  CHECK(story.states() == "web-1 web: as before\nweb-2 web: as before\n");
}

TEST_CASE("Ctrl-C in a roll undoes the whole deploy") {
  RolloutStory story(2);
  reach_second_roll(story);
  CHECK(story.step({Interrupted{1}}) ==
        Lines{"abandon web-2", "read web-1", "read web-2 (end scripts)"});
  story.tell_facts(story.rolled("web-1"));
  CHECK(story.tell_facts(story.as_before("web-2")) == Lines{"run web-1: undo-web"});
  CHECK(story.succeed("web-1") == Lines{"run web-1: record unlock", "run web-2: record unlock"});
  CHECK(contains(story.text_of("web-2"), "interrupted"));
  story.succeed("web-1");
  story.succeed("web-2");
  REQUIRE(story.finished());
  CHECK(story.code() == Code::interrupted);
  CHECK(story.status() == ReleaseStatus::interrupted);
}

TEST_CASE("A second Ctrl-C leaves the rest to recovery and tells the truth") {
  RolloutStory story(2);
  reach_second_roll(story);
  story.step({Interrupted{1}});
  story.step({Interrupted{2}});
  REQUIRE(story.finished());
  CHECK(story.code() == Code::partial);
  CHECK(contains(story.result().error->hint, "segue recover"));
  CHECK(story.states() == "web-1 web: unknown\nweb-2 web: unknown\n");
}

TEST_CASE("A second Ctrl-C during the undo stops listening to it") {
  RolloutStory story(1);
  story.step();
  story.succeed("web-1");
  story.step({Interrupted{1}});
  REQUIRE(story.tell_facts(story.half("web-1")) == Lines{"run web-1: undo-web"});
  CHECK(story.step({Interrupted{2}}) == Lines{"abandon web-1"});
  REQUIRE(story.finished());
  CHECK(story.code() == Code::partial);
  CHECK(story.states() == "web-1 web: unknown\n");
}

TEST_CASE("After the point of no return Ctrl-C no longer undoes anything") {
  RolloutStory story(2);
  reach_second_roll(story);
  story.succeed("web-2");
  CHECK(story.step({Interrupted{1}}).empty());
  story.succeed("web-1");
  CHECK(story.succeed("web-2") == Lines{"run web-1: remove unlock", "run web-2: remove unlock"});
  CHECK(story.step({Interrupted{2}}).empty());
  story.succeed("web-1");
  story.succeed("web-2");
  REQUIRE(story.finished());
  CHECK_FALSE(story.result().error.has_value());
}

TEST_CASE("When somebody has taken the lock over, nothing is claimed about that host") {
  RolloutStory story(1);
  story.step();
  story.succeed("web-1");
  CHECK(story.fail_at("web-1", 3, kFenceStatus).empty());  // no script of ours may run there
  REQUIRE(story.finished());
  CHECK(story.code() == Code::partial);
  CHECK(story.states() == "web-1 web: unknown\n");
}

TEST_CASE("An undo that fails is told, and not called done") {
  RolloutStory story(1);
  story.step();
  story.succeed("web-1");
  story.fail_at("web-1", 4, 96, "verify another slot answered");
  REQUIRE(story.tell_facts(story.rolled("web-1")) == Lines{"run web-1: undo-web"});
  CHECK(story.fail_at("web-1", 0, 96, "nothing-serves web") == Lines{"run web-1: record unlock"});
  CHECK(contains(story.text_of("web-1"), "\"status\":\"partial\""));
  story.succeed("web-1");
  REQUIRE(story.finished());
  CHECK(story.code() == Code::partial);
  CHECK(story.states() == "web-1 web: unknown\n");
  REQUIRE(story.result().warnings.size() == 1);
  CHECK(contains(story.result().warnings.front(), "neither the new nor the old"));
}

namespace {

// web migrates the database that db holds.
std::string with_command(const std::string& policy = "") {
  return "project: shop\nservers:\n  web-1: {host: 192.0.2.1}\n  web-2: {host: 192.0.2.2}\n"
         "services:\n"
         "  web:\n    image: app:${VERSION}\n    hosts: [web-1, web-2]\n    depends_on: [db]\n"
         "    release: bin/migrate\n    rollout: {parallel: 2}\n"
         "  db:\n    image: app:${VERSION}\n    hosts: [web-2]\n" +
         policy;
}

}  // namespace

TEST_CASE("A release command runs once, on one host, after what its service depends on") {
  RolloutStory story(with_command(), false);
  CHECK(story.step() == Lines{"run web-2: rename start gate commit stop"});
  CHECK(story.succeed("web-2") == Lines{"run web-1: release-command"});
  CHECK(contains(story.told(), "Run the release command of web on web-1"));
  const Lines rolls = story.succeed("web-1");
  CHECK(rolls == Lines{"run web-1: rename start gate commit stop",
                       "run web-2: rename start gate commit stop"});
  story.succeed("web-1");
  story.succeed("web-2");
  story.succeed("web-1");
  CHECK(story.succeed("web-2") ==
        Lines{"run web-1: remove remove-command unlock", "run web-2: remove remove unlock"});
  story.succeed("web-1");
  story.succeed("web-2");
  REQUIRE(story.finished());
  CHECK_FALSE(story.result().error.has_value());
}

TEST_CASE("A release command that fails ends the deploy with everything as before") {
  RolloutStory story(with_command("    rollout: {on_failure: isolate}\n"), false);
  story.step();
  story.succeed("web-2");
  CHECK(story.fail_at("web-1", 0, 96, "release-command exit code 3") ==
        Lines{"read web-1", "read web-2"});
  story.tell_facts(story.as_before("web-1"));
  CHECK(story.tell_facts(story.facts("web-2", {{"db"}, {}})) == Lines{"run web-2: undo-db"});
  story.succeed("web-2");
  story.succeed("web-1");
  story.succeed("web-2");
  REQUIRE(story.finished());
  CHECK(story.code() == Code::failed);
  CHECK(contains(story.result().error->what, "the release command failed: exit code 3"));
  CHECK(story.result().ending == RolloutResult::Ending::undone);
  CHECK(story.status() == ReleaseStatus::rolled_back);
}

TEST_CASE("Ctrl-C ends a release command and removes its container") {
  RolloutStory story(with_command(), false);
  story.step();
  story.succeed("web-2");
  const Lines asked = story.step({Interrupted{1}});
  CHECK(asked == Lines{"abandon web-1", "read web-1 (end scripts)", "read web-2"});
  HostFacts host = story.as_before("web-1");
  ContainerFacts command;
  command.name = "shop-web_release";
  command.state = "running";
  command.labels = {{label::kProject, "shop"},
                    {label::kEnvironment, ""},
                    {label::kCommand, "web"},
                    {label::kRelease, kRelease}};
  host.commands = {command};
  CHECK(story.tell_facts(host).empty());
  CHECK(story.tell_facts(story.facts("web-2", {{"db"}, {}})) ==
        Lines{"run web-1: undo-command-web", "run web-2: undo-db"});
  CHECK(contains(story.text_of("web-1"), "rm -f -- shop-web_release"));
}
