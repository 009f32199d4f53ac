#include "segue/remote/host_transport.hpp"

#include "choosing_link.hpp"
#include "connect_gate.hpp"
#include "host_link.hpp"
#include "local_link.hpp"
#include "openssh_link.hpp"
#include "remote_errors.hpp"
#include "runtime_folder.hpp"
#include "ssh_link.hpp"

#include "segue/os/resolver.hpp"
#include "segue/os/signals.hpp"

#include <poll.h>

#include <algorithm>
#include <map>

namespace segue {
namespace {

constexpr int kResolverThreads = 4;
constexpr Duration kLongestWait{60'000};

}  // namespace

struct HostTransport::State {
  State(std::vector<Endpoint> hosts, Options wanted)
      : endpoints(std::move(hosts)),
        options(std::move(wanted)),
        gate(options.most_connects == 0 ? kMostConnects : options.most_connects) {}

  std::vector<Endpoint> endpoints;
  Options options;
  Workers workers{kResolverThreads};
  Resolver resolver{workers};
  ConnectGate gate;
  RuntimeFolder folder;
  std::vector<TransportEvent> events;
  std::map<std::string, std::unique_ptr<HostLink>> links;  // by the endpoint's name

  // Which descriptors belong to which host, for one call of poll(2).
  struct Waits {
    std::vector<pollfd> fds;
    std::vector<std::pair<HostLink*, size_t>> ends;  // one past a host's last descriptor
  };

  HostLink* link_of(const std::string& host);
  std::unique_ptr<HostLink> make_link(const Endpoint& endpoint);
  void advance_due(TimePoint now);
  Waits collect() const;
  bool wait(TimePoint deadline);
};

HostTransport::HostTransport(std::vector<Endpoint> endpoints, int wake_fd)
    : HostTransport(std::move(endpoints), Options{wake_fd, 0, nullptr}) {}

HostTransport::HostTransport(std::vector<Endpoint> endpoints, Options options)
    : state_(std::make_unique<State>(std::move(endpoints), std::move(options))) {
  ignore_broken_pipes();
}

HostTransport::~HostTransport() = default;

HostLink* HostTransport::State::link_of(const std::string& host) {
  const auto found = links.find(host);
  if (found != links.end()) return found->second.get();
  const auto endpoint =
      std::find_if(endpoints.begin(), endpoints.end(),
                   [&](const Endpoint& candidate) { return candidate.name == host; });
  if (endpoint == endpoints.end()) return nullptr;
  return links.emplace(host, make_link(*endpoint)).first->second.get();
}

std::unique_ptr<HostLink> HostTransport::State::make_link(const Endpoint& endpoint) {
  if (endpoint.local) return std::make_unique<LocalLink>(endpoint, events);
  const SshLink::Surroundings native{resolver, gate, events};
  const OpensshLink::Surroundings openssh{gate, folder, events};
  switch (endpoint.transport) {
    case SshTransport::native:
      return std::make_unique<SshLink>(endpoint, native);
    case SshTransport::openssh:
      return std::make_unique<OpensshLink>(endpoint, openssh);
    case SshTransport::automatic:
      break;
  }
  return std::make_unique<ChoosingLink>(endpoint, native, openssh, options.tell);
}

void HostTransport::start(Ticket ticket, const std::string& host, std::string script,
                          DataReader data) {
  if (HostLink* link = state_->link_of(host))
    return link->start(ticket, std::move(script), std::move(data));
  state_->events.push_back(
      {ticket, host, NotStarted{unreachable(fmt::format("there is no server named {}", host))}});
}

void HostTransport::prepare(const std::string& host) {
  if (HostLink* link = state_->link_of(host)) link->prepare();
}

void HostTransport::cancel(Ticket ticket) {
  for (const auto& [name, link] : state_->links) link->cancel(ticket);
}

void HostTransport::State::advance_due(TimePoint now) {
  for (const auto& [name, link] : links)
    if (link->next_deadline() <= now) link->advance(now);
}

HostTransport::State::Waits HostTransport::State::collect() const {
  Waits waits;
  waits.fds = {{options.wake_fd, POLLIN, 0}, {workers.wake_fd(), POLLIN, 0}};
  for (const auto& [name, link] : links) {
    link->add_waits(waits.fds);
    waits.ends.emplace_back(link.get(), waits.fds.size());
  }
  return waits;
}

// One call of poll(2) and what follows from it; false when a signal has arrived.
bool HostTransport::State::wait(TimePoint deadline) {
  Waits waits = collect();
  for (const auto& [name, link] : links) deadline = std::min(deadline, link->next_deadline());
  if (!events.empty()) deadline = TimePoint::min();
  const TimePoint before = Clock::now();
  const Duration left =
      deadline <= before
          ? Duration{0}
          : std::chrono::ceil<Duration>(std::min(deadline, before + kLongestWait) - before);
  const int ready = ::poll(waits.fds.data(), waits.fds.size(), static_cast<int>(left.count()));
  const TimePoint now = Clock::now();
  advance_due(now);
  if (ready <= 0) return true;
  size_t at = 2;
  for (const auto& [link, end] : waits.ends) {
    bool is_ready = false;
    for (; at < end; ++at) is_ready = is_ready || waits.fds[at].revents != 0;
    if (is_ready) link->advance(now);
  }
  if (waits.fds[1].revents != 0) {
    workers.collect();
    for (const auto& [name, link] : links) link->advance(now);
  }
  return waits.fds[0].revents == 0;
}

void HostTransport::poll(TimePoint deadline, std::vector<TransportEvent>& events) {
  bool undisturbed = true;
  do {
    state_->advance_due(Clock::now());
    undisturbed = state_->wait(deadline);
  } while (undisturbed && state_->events.empty() && Clock::now() < deadline);
  events.insert(events.end(), std::make_move_iterator(state_->events.begin()),
                std::make_move_iterator(state_->events.end()));
  state_->events.clear();
}

}  // namespace segue
