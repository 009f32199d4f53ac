// A story that a seed makes up: where, what is deployed under which policy, and what happens.
//   const RandomStory story = make_story(4711, events);
//   puts(describe(story).c_str());
#pragma once
#include "scenario.hpp"

#include <functional>
#include <string>

namespace sim {

struct RandomStory {
  Setting setting;
  Attempt attempt;
};

// `events` tells how many a deploy in that setting has.
RandomStory make_story(unsigned long long seed,
                       const std::function<int(const Setting& setting)>& events);
std::string describe(const RandomStory& story);

// A smaller story of which `fails` is still true, made by leaving out what is not needed.
RandomStory shrink(RandomStory story, const std::function<bool(const RandomStory& story)>& fails);

}  // namespace sim
