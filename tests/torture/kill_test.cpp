#include "deploy_story.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"

#include <algorithm>
#include <cstdlib>

using namespace segue;
using namespace torture;

namespace {

struct Scene {
  Kind kind = Kind::proxied;
  int replicas = 1;
};
const std::vector<Scene> kScenes{{Kind::proxied, 1},    {Kind::proxied, 2}, {Kind::stop_first, 1},
                                 {Kind::stop_first, 2}, {Kind::worker, 1},  {Kind::worker, 2}};

// A host where version 1 serves, saved, and how many calls of the engine version 2 takes.
class Stage {
 public:
  explicit Stage(const Scene& scene)
      : before(make_config(scene.kind, scene.replicas, "v1")),
        after(make_config(scene.kind, scene.replicas, "v2")),
        proxied(scene.kind == Kind::proxied) {
    host.secrets.emplace("TOKEN", Secret("a secret of some length"));
    must_deploy(host, before, kFirst);
    host.save();
    seen_ = host.lines_of("served").size();
    calls_before = must_deploy(host, after, kSecond).calls_of_probe;
    calls = host.lines_of("calls");
    host.restore();
  }

  // The numbers of the calls that the rollout makes, after the probe that takes the lock.
  std::vector<int> rollout_calls() const {
    std::vector<int> numbers;
    for (int call = calls_before; call < static_cast<int>(calls.size()); ++call)
      numbers.push_back(call + 1);
    return numbers;
  }

  // What must hold of everything that ever happened on this host.
  void check_history() const {
    const std::set<std::string> first = ids_of(host, kFirst);
    const std::set<std::string> second = ids_of(host, kSecond);
    bool second_passed = false;
    for (const std::string& event : host.lines_of("events")) {
      const std::vector<std::string> words = split_words(event);
      if (words[0] == "passed" && second.contains(words[1])) second_passed = true;
      const bool removed_first = words[0] == "rm" && first.contains(words[1]);
      if (removed_first && !second_passed) FAIL_CHECK("removed what served too early: " + event);
      if (words[1] == "stranger") FAIL_CHECK("a stranger was touched: " + event);
    }
    if (!proxied) return;
    const std::vector<std::string> served = host.lines_of("served");
    const auto start = served.begin() + static_cast<long>(seen_);
    CHECK(std::count(start, served.end(), "shop.web no") == 0);
  }

  void check_rest() const {
    for (const std::string& wrong : what_is_not_at_rest(host, before)) FAIL_CHECK(wrong);
    check_history();
  }

  TortureHost host;
  Config before;
  Config after;
  bool proxied = false;
  int calls_before = 0;
  std::vector<std::string> calls;

 private:
  size_t seen_ = 0;
};

std::string told(const std::vector<ShellRun>& runs) {
  std::string text;
  for (const ShellRun& run : runs) text += run.text;
  return text;
}

void die_and_recover(Stage& stage, const RunOptions& run) {
  stage.host.restore();
  const DeployResult result =
      deploy(stage.host, stage.after, kSecond, {.run = run, .client_dies_too = true});
  INFO(story(result));
  REQUIRE(result.client_died);
  const std::vector<ShellRun> runs = settle(stage.host, stage.after, {.pace = run.pace});
  INFO(told(runs));
  CHECK(runs.back().reader.trailer() == 0);
  stage.check_rest();
}

void lose_and_undo(Stage& stage, const RunOptions& run) {
  stage.host.restore();
  const DeployResult result = deploy(stage.host, stage.after, kSecond, {.run = run});
  INFO(story(result));
  REQUIRE(result.result.error.has_value());
  if (result.result.error->code != Code::partial) {
    CHECK(result.result.error->code == Code::failed);
    CHECK(live_release(stage.host, stage.before) == kFirst);
    for (const FinalState& state : result.result.states)
      CHECK(state.what == FinalState::What::as_before);
  } else {
    // It was lost after the point of no return: what is left is settled by the next client.
    for (const FinalState& state : result.result.states)
      CHECK(state.what == FinalState::What::changed);
    const std::vector<ShellRun> runs = settle(stage.host, stage.after);
    CHECK(runs.back().reader.trailer() == 0);
    CHECK(live_release(stage.host, stage.before) == kSecond);
  }
  stage.check_rest();
}

// Killed after call 7 and before call 8 is the same, unless the script itself does something in
// between: it turns the token before it verifies, and writes the commit file before it updates.
// SEGUE_LONG tries them all.
std::vector<std::string> moments(const Stage& stage, int call) {
  const std::string& text = stage.calls[static_cast<size_t>(call) - 1];
  const bool after_a_file = contains(text, "[\"update\"") || contains(text, "\"verify\"") ||
                            contains(text, "\"drain\"") || contains(text, "[\"rm\"");
  if (after_a_file || std::getenv("SEGUE_LONG") != nullptr) return {"kill-before", "kill-after"};
  return {"kill-after"};
}

std::string hook(const std::string& kind, int call) {
  return kind + ":" + std::to_string(call);
}

}  // namespace

TEST_CASE("A deploy killed with its client at any call of the engine is settled by recovery") {
  for (const Scene& scene : kScenes) {
    const bool more_of_the_same = scene.replicas > 1 && scene.kind != Kind::proxied;
    if (more_of_the_same && std::getenv("SEGUE_LONG") == nullptr) continue;
    Stage stage(scene);
    for (const int call : stage.rollout_calls()) {
      for (const std::string& when : moments(stage, call)) {
        INFO(name_of(scene.kind) << ", " << scene.replicas << " replicas, " << when << " "
                                 << stage.calls[static_cast<size_t>(call) - 1].substr(0, 100));
        die_and_recover(stage, {.hook = hook(when, call)});
      }
    }
  }
}

TEST_CASE("A script killed at any call of the engine is undone by its own client") {
  for (const Scene& scene : kScenes) {
    const bool small = scene.replicas == 1;
    if (small != (scene.kind == Kind::worker)) continue;
    Stage stage(scene);
    for (const int call : stage.rollout_calls()) {
      for (const std::string& when : moments(stage, call)) {
        INFO(name_of(scene.kind) << ", " << scene.replicas << " replicas, " << when << " "
                                 << stage.calls[static_cast<size_t>(call) - 1].substr(0, 100));
        lose_and_undo(stage, {.hook = hook(when, call)});
      }
    }
  }
}

TEST_CASE("A container that appears after its client has died is found and dealt with") {
  for (const Scene& scene : {kScenes[0], kScenes[3]}) {
    Stage stage(scene);
    for (const int call : stage.rollout_calls()) {
      if (!contains(stage.calls[static_cast<size_t>(call) - 1], "[\"run\"")) continue;
      INFO(name_of(scene.kind) << ", call " << call);
      // Slow enough that two equal listings can't both come before it.
      die_and_recover(stage, {.hook = hook("late", call), .pace = 4});
      lose_and_undo(stage, {.hook = hook("late", call), .pace = 4});
    }
  }
}

TEST_CASE("Recovery works under every shell") {
  for (const Shell& shell : shells()) {
    Stage stage({Kind::proxied, 2});
    const std::vector<int> calls = stage.rollout_calls();
    for (size_t i = 0; i < calls.size(); i += 5) {
      INFO(shell.name << ", call " << calls[i]);
      die_and_recover(stage, {.shell = shell, .hook = hook("kill-after", calls[i])});
    }
  }
}

TEST_CASE("A recovery that is killed itself is finished by the next one") {
  for (const Scene& scene : {kScenes[1], kScenes[3]}) {
    Stage stage(scene);
    const std::vector<int> calls = stage.rollout_calls();
    for (size_t i = 1; i < calls.size(); i += 4) {
      stage.host.restore();
      INFO(name_of(scene.kind) << ", deploy killed at "
                               << stage.calls[static_cast<size_t>(calls[i]) - 1].substr(0, 100));
      deploy(stage.host, stage.after, kSecond,
             {.run = {.hook = hook("kill-after", calls[i])}, .client_dies_too = true});
      for (int more = 12; more < 20; more += 2)
        settle(stage.host, stage.after,
               {.hook =
                    hook(more % 4 == 0 ? "kill-before" : "kill-after", stage.host.calls() + more)});
      const std::vector<ShellRun> runs = settle(stage.host, stage.after);
      INFO(told(runs));
      CHECK(runs.back().reader.trailer() == 0);
      stage.check_rest();
    }
  }
}
