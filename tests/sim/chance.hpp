// What the client takes from the machine that it runs on: chance and the time of day. Programs that
// link this get both from the simulated world, so that the same seed makes the same texts.
#pragma once
#include <functional>

namespace sim {

// The values that the kernel would give, from here on: the same again for the same start.
void begin_chance(unsigned long long start);

// Seconds since 1970 as the client's clock has them; empty: those of this machine.
void set_time_of_day(std::function<long long()> seconds);

}  // namespace sim
