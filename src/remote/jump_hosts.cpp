#include "jump_hosts.hpp"

#include "jump_chain.hpp"
#include "jump_host.hpp"
#include "remote_errors.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {

JumpHosts::JumpHosts(Resolver& resolver, KeyRing& ring, ClientConfigs& configs,
                     KnownHostsFiles& known_hosts, const Tell& tell)
    : surroundings_{resolver, ring, configs, known_hosts, *this}, tell_(tell) {}

JumpHosts::~JumpHosts() = default;

Result<Passage> JumpHosts::passage(const Endpoint& to, const HostSettings& settings,
                                   TimePoint now) {
  const auto hops = parse_jump_chain(settings.jumps);
  if (!hops) return tl::unexpected(unreachable("no list of jump hosts: " + settings.jumps));
  Endpoint endpoint = jump_endpoint(to, *hops);
  TRY(note_way(to, endpoint));
  if (tell_ && told_.insert(to.name).second)
    tell_(to.name, fmt::format("by way of the {}", endpoint.name));
  auto& same = jump_hosts_[jump_key(endpoint)];
  auto found = std::find_if(same.begin(), same.end(),
                            [](const auto& jump_host) { return jump_host->has_room(); });
  if (found == same.end())
    found = same.insert(found, std::make_unique<JumpHost>(std::move(endpoint), surroundings_));
  return (*found)->passage(settings, now);
}

Result<> JumpHosts::note_way(const Endpoint& from, const Endpoint& over) {
  const std::string start = jump_key(from);
  std::string at = jump_key(over);
  while (at != start) {
    const auto next = ways_.find(at);
    if (next == ways_.end()) {
      ways_[start] = jump_key(over);
      return {};
    }
    at = next->second;
  }
  return tl::unexpected(
      unreachable(fmt::format("the way to {} leads through itself: {}", from.address, over.name),
                  "give the jump host a `ProxyJump none` of its own in ssh's configuration"));
}

void JumpHosts::advance(TimePoint now) {
  for (const auto& [key, same] : jump_hosts_)
    for (const auto& jump_host : same) jump_host->advance(now);
}

TimePoint JumpHosts::next_deadline() const {
  TimePoint next = TimePoint::max();
  for (const auto& [key, same] : jump_hosts_)
    for (const auto& jump_host : same) next = std::min(next, jump_host->next_deadline());
  return next;
}

void JumpHosts::add_waits(std::vector<pollfd>& waits) const {
  for (const auto& [key, same] : jump_hosts_)
    for (const auto& jump_host : same) jump_host->add_waits(waits);
}

}  // namespace segue
