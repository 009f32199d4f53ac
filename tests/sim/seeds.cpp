// Deploys that seeds make up, with faults in them.
//   sim_seeds [--seeds N] [--from SEED]   N stories (5,000); the first one that fails is made
//   smaller sim_seeds --seed SEED [--trace]       that one, told in full
// Two processes share the work. Exit status 1: a story failed.
#include "random_story.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace sim;

namespace {

constexpr unsigned long long kProcesses = 2;

struct Wanted {
  unsigned long long first = 1;
  unsigned long long count = 5000;
  bool one = false;
  bool trace = false;
};

class Stage {
 public:
  Scenario& scenario(const Setting& setting) {
    auto& there =
        scenarios_[setting.hosts + "|" + setting.on_failure + (setting.back ? "|back" : "")];
    if (!there) there = std::make_unique<Scenario>(setting);
    return *there;
  }
  RandomStory story(unsigned long long seed) {
    return make_story(seed, [this](const Setting& setting) { return scenario(setting).events(); });
  }
  std::vector<std::string> play(const RandomStory& story) {
    return scenario(story.setting).run(story.attempt);
  }

 private:
  std::map<std::string, std::unique_ptr<Scenario>> scenarios_;
};

void tell(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
}

void tell_failure(Stage& stage, const RandomStory& story, bool trace) {
  const RandomStory smaller =
      shrink(story, [&](const RandomStory& one) { return !stage.play(one).empty(); });
  stage.scenario(smaller.setting).world.traces = trace;
  const std::vector<std::string> wrong = stage.play(smaller);
  tell(fmt::format("failed: seed {}: {}", story.attempt.seed, describe(story)));
  tell("smaller: " + describe(smaller));
  tell(stage.scenario(smaller.setting).story());
  for (const std::string& one : wrong) tell("wrong: " + one);
}

int play_one(const Wanted& wanted) {
  Stage stage;
  const RandomStory story = stage.story(wanted.first);
  tell(describe(story));
  Scenario& scenario = stage.scenario(story.setting);
  scenario.world.traces = wanted.trace;
  const std::vector<std::string> wrong = scenario.run(story.attempt);
  tell(scenario.story());
  for (const std::string& one : wrong) tell("wrong: " + one);
  return wrong.empty() ? 0 : 1;
}

int play_every(unsigned long long nth, const Wanted& wanted) {
  Stage stage;
  int failed = 0;
  for (unsigned long long i = nth; i < wanted.count && failed == 0; i += kProcesses) {
    const RandomStory story = stage.story(wanted.first + i);
    if (stage.play(story).empty()) continue;
    ++failed;
    tell_failure(stage, story, wanted.trace);
  }
  std::fflush(stdout);
  return failed == 0 ? 0 : 1;
}

int play_all(const Wanted& wanted) {
  for (unsigned long long nth = 0; nth < kProcesses; ++nth)
    if (::fork() == 0) ::_exit(play_every(nth, wanted));
  bool failed = false;
  for (int status = 0; ::wait(&status) > 0;) failed = failed || status != 0;
  tell(fmt::format("{} stories from seed {}: {}", wanted.count, wanted.first,
                   failed ? "a story failed" : "each ended as it must"));
  return failed ? 1 : 0;
}

unsigned long long number(std::string_view text) {
  unsigned long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("not a number: " + std::string(text));
  return value;
}

Wanted wanted_of(int count, char** words) {
  Wanted wanted;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const std::string_view value = i + 1 < count ? words[i + 1] : "";
    if (word == "--trace") {
      wanted.trace = true;
      continue;
    }
    ++i;
    if (word == "--seeds")
      wanted.count = number(value);
    else if (word == "--from" || word == "--seed")
      wanted.first = number(value);
    else
      throw std::invalid_argument("no such option: " + std::string(word));
    wanted.one = wanted.one || word == "--seed";
  }
  return wanted;
}

}  // namespace

int main(int count, char** words) {
  try {
    const Wanted wanted = wanted_of(count, words);
    return wanted.one ? play_one(wanted) : play_all(wanted);
  } catch (const std::exception& error) {
    std::fputs(fmt::format("sim_seeds: {}\n", error.what()).c_str(), stderr);
    return 2;
  }
}
