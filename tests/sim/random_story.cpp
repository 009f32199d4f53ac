#include "random_story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

namespace sim {
namespace {

constexpr size_t kMostStrikes = 4;
constexpr int kOneIn = 40;  // deploys after which the next one comes from another machine

}  // namespace

RandomStory make_story(unsigned long long seed,
                       const std::function<int(const Setting& setting)>& events) {
  std::mt19937_64 random(seed);
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  static constexpr std::array<const char*, 3> kPolicies{"rollback", "stop", "isolate"};
  // An empty one: back to v1, by a rollback.
  static constexpr std::array<const char*, 7> kVersions{"v2", "v2", "v2", "v2", "v9", "bad", ""};
  RandomStory story;
  story.setting = {below(2) == 0 ? "one" : "one, two", kPolicies[below(kPolicies.size())]};
  story.attempt.version = kVersions[below(kVersions.size())];
  story.setting.back = story.attempt.version.empty();
  story.attempt.seed = seed;
  story.attempt.moved = below(kOneIn) == 0;
  const auto last = static_cast<size_t>(events(story.setting));
  for (size_t i = 1 + below(kMostStrikes); i > 0; --i)
    story.attempt.strikes.push_back({static_cast<int>(1 + below(last + last / 4)),
                                     &kinds_of_faults()[below(kinds_of_faults().size())]});
  std::sort(story.attempt.strikes.begin(), story.attempt.strikes.end(),
            [](const Strike& a, const Strike& b) { return a.event < b.event; });
  return story;
}

std::string describe(const RandomStory& story) {
  std::string text =
      fmt::format("hosts {}, on_failure: {}, {}", story.setting.hosts, story.setting.on_failure,
                  story.setting.back ? "back to v1" : "version " + story.attempt.version);
  for (const Strike& strike : story.attempt.strikes)
    text += fmt::format("; event {}: {}", strike.event, strike.fault->name);
  if (story.attempt.moved) text += "; the next deploy comes from another machine";
  return text;
}

RandomStory shrink(RandomStory story, const std::function<bool(const RandomStory& story)>& fails) {
  const auto try_it = [&](RandomStory smaller) {
    if (!fails(smaller)) return false;
    story = std::move(smaller);
    return true;
  };
  for (size_t i = 0; i < story.attempt.strikes.size();) {
    RandomStory smaller = story;
    smaller.attempt.strikes.erase(smaller.attempt.strikes.begin() + static_cast<long>(i));
    if (!try_it(std::move(smaller))) ++i;
  }
  for (const auto& simpler : {+[](RandomStory& it) { it.attempt.moved = false; },
                              +[](RandomStory& it) {
                                if (!it.setting.back) it.attempt.version = "v2";
                              },
                              +[](RandomStory& it) { it.setting.on_failure = "rollback"; },
                              +[](RandomStory& it) { it.setting.hosts = "one"; }}) {
    RandomStory smaller = story;
    simpler(smaller);
    try_it(std::move(smaller));
  }
  return story;
}

}  // namespace sim
