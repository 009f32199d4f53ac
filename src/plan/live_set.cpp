#include "segue/plan/live_set.hpp"

#include "segue/base/number.hpp"
#include "segue/base/timestamp.hpp"
#include "segue/model/release_id.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

std::string lookup(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto it = map.find(key);
  return it == map.end() ? std::string() : it->second;
}

// Between two crashes a container runs for a moment, and the engine calls it running. Three
// restarts are no accident when the last is recent; years apart they are.
constexpr int kManyRestarts = 3;
constexpr long long kRecent = 120;  // seconds: twice the longest pause that an engine makes

std::string crash_loop(const ContainerFacts& container, long long clock) {
  const auto started = parse_timestamp(container.started_at);
  if (container.restarts < kManyRestarts || clock == 0 || !started) return {};
  const long long ago = clock - *started;
  if (ago < 0 || ago > kRecent) return {};
  return fmt::format("{} restarts again and again ({} times, the last one {} s ago)",
                     container.name, container.restarts, ago);
}

int sequence_of(const std::string& release) {
  const auto id = parse_release_id(release);
  return id ? id->sequence : 0;
}

// The release whose containers serve. Behind a proxy the token's slot decides; within one slot
// (stop-first) the live file does; where the file lags, the newest that runs.
std::string live_release(const std::vector<const ContainerFacts*>& containers, Slot slot,
                         const std::string& committed) {
  std::set<std::string> in_slot;
  bool any_slot = false;
  for (const ContainerFacts* container : containers) {
    const std::string& label = container->label(label::kSlot);
    if (label.empty()) continue;
    any_slot = true;
    if (slot_named(label) == slot) in_slot.insert(container->label(label::kRelease));
  }
  const bool committed_exists =
      std::any_of(containers.begin(), containers.end(), [&](const ContainerFacts* container) {
        return container->label(label::kRelease) == committed;
      });
  if (!any_slot || in_slot.contains(committed)) return committed_exists ? committed : "";
  // Between a proxy and none: containers of the one have a slot, of the other they have not.
  const bool slotless =
      std::any_of(containers.begin(), containers.end(), [&](const ContainerFacts* container) {
        return container->label(label::kRelease) == committed &&
               container->label(label::kSlot).empty();
      });
  if (in_slot.empty()) return slotless ? committed : "";
  const std::string newest = *std::max_element(
      in_slot.begin(), in_slot.end(),
      [](const auto& a, const auto& b) { return sequence_of(a) < sequence_of(b); });
  // The service lost its proxy, was committed, and its former containers are not removed yet.
  return slotless && sequence_of(committed) > sequence_of(newest) ? committed : newest;
}

}  // namespace

int replica_of(const ContainerFacts& container) {
  return parse_number<int>(container.label(label::kReplica)).value_or(1);
}

LiveSet find_live_set(const HostFacts& facts, const Identity& identity,
                      const std::string& service) {
  const auto containers = facts.of_service(identity.project, identity.environment, service);
  LiveSet set;
  set.clock = facts.clock;
  set.slot = slot_named(lookup(facts.tokens, service));
  set.release = live_release(containers, set.slot, lookup(facts.live, service));
  for (const ContainerFacts* container : containers) {
    const bool live = !set.release.empty() && container->label(label::kRelease) == set.release;
    (live ? set.live : set.others).push_back(*container);
  }
  std::sort(set.live.begin(), set.live.end(),
            [](const auto& a, const auto& b) { return replica_of(a) < replica_of(b); });
  return set;
}

std::string what_is_wrong(const LiveSet& set, int replicas) {
  for (const ContainerFacts& container : set.live) {
    if (container.state == "restarting")
      return fmt::format("{} restarts again and again ({} times)", container.name,
                         container.restarts);
    if (!container.running())
      return fmt::format("{} is {} (exit code {}{})", container.name, container.state,
                         container.exit_code, container.out_of_memory ? ", out of memory" : "");
    if (std::string loop = crash_loop(container, set.clock); !loop.empty()) return loop;
  }
  if (static_cast<int>(set.live.size()) != replicas)
    return fmt::format("{} of {} replicas are there", set.live.size(), replicas);
  return {};
}

}  // namespace segue
