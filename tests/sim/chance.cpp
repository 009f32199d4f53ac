#include "chance.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

namespace sim {
namespace {

unsigned long long last = 0;

std::function<long long()>& time_of_day() {
  static std::function<long long()> seconds;
  return seconds;
}

// splitmix64: neighbouring numbers become values that look like chance.
unsigned long long next_value() {
  unsigned long long value = ++last * 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

}  // namespace

void begin_chance(unsigned long long start) {
  last = start;
}

void set_time_of_day(std::function<long long()> seconds) {
  time_of_day() = std::move(seconds);
}

}  // namespace sim

// The C library's own, for everything in this program.
extern "C" int getentropy(void* buffer, size_t size) {
  for (size_t done = 0; done < size;) {
    const unsigned long long value = sim::next_value();
    const size_t part = std::min(size - done, sizeof value);
    std::memcpy(static_cast<char*>(buffer) + done, &value, part);
    done += part;
  }
  return 0;
}

extern "C" time_t time(time_t* result) noexcept {
  const auto& seconds = sim::time_of_day();
  timespec now{};
  if (!seconds) clock_gettime(CLOCK_REALTIME, &now);
  const time_t value = seconds ? static_cast<time_t>(seconds()) : now.tv_sec;
  if (result != nullptr) *result = value;
  return value;
}
