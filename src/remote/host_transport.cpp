#include "segue/remote/host_transport.hpp"

#include "choosing_link.hpp"
#include "connect_gate.hpp"
#include "host_link.hpp"
#include "jump_hosts.hpp"
#include "key_ring.hpp"
#include "local_link.hpp"
#include "openssh_link.hpp"
#include "remote_errors.hpp"
#include "runtime_folder.hpp"
#include "ssh_link.hpp"

#include "segue/os/debug_log.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/fd.hpp"
#include "segue/os/real_files.hpp"
#include "segue/os/resolver.hpp"
#include "segue/os/signals.hpp"

#include <poll.h>

#include <algorithm>
#include <map>

namespace segue {
namespace {

constexpr int kResolverThreads = 4;
constexpr Duration kLongestWait{60'000};
constexpr size_t kOtherFiles = 100;
constexpr size_t kFilesPerHost = 2 * kMostChannels;  // of its scripts, by openssh

}  // namespace

struct HostTransport::State {
  State(std::vector<Endpoint> hosts, Options wanted)
      : endpoints(std::move(hosts)),
        options(std::move(wanted)),
        gate(options.most_connects == 0 ? kMostConnects : options.most_connects),
        ring(options.ask) {}

  std::vector<Endpoint> endpoints;
  Options options;
  Workers workers{kResolverThreads};
  Resolver resolver{workers};
  ConnectGate gate;
  KeyRing ring;
  ClientConfigs configs;
  KnownHostsFiles known_hosts;
  JumpHosts jump_hosts{resolver, ring, configs, known_hosts, options.tell};
  RuntimeFolder folder;
  std::vector<TransportEvent> events;
  std::map<std::string, std::unique_ptr<HostLink>> links;  // by the endpoint's name
  std::map<std::vector<std::string>, std::string> merged;  // files of settings -> the one of all

  // Since when a host has been on its way to its first script.
  struct Wait {
    TimePoint since;
    bool told = false;
  };
  std::map<std::string, Wait> preparing;

  // Which descriptors belong to which host, for one call of poll(2).
  struct Waits {
    std::vector<pollfd> fds;
    std::vector<std::pair<HostLink*, size_t>> ends;  // one past a host's last descriptor
  };

  Result<HostLink*> link_of(const std::string& host);
  Result<> merge_config_files(Endpoint& endpoint);
  std::unique_ptr<HostLink> make_link(const Endpoint& endpoint);
  void advance_due(TimePoint now);
  Waits collect() const;
  bool wait(TimePoint deadline);
  TimePoint tell_of_waits(TimePoint now);
};

HostTransport::HostTransport(std::vector<Endpoint> endpoints, int wake_fd)
    : HostTransport(std::move(endpoints), Options{wake_fd, 0, nullptr, nullptr, nullptr}) {}

HostTransport::HostTransport(std::vector<Endpoint> endpoints, Options options)
    : state_(std::make_unique<State>(std::move(endpoints), std::move(options))) {
  ignore_broken_pipes();
  allow_open_files(kOtherFiles + kFilesPerHost * state_->endpoints.size());
}

HostTransport::~HostTransport() = default;

Result<HostLink*> HostTransport::State::link_of(const std::string& host) {
  const auto found = links.find(host);
  if (found != links.end()) return found->second.get();
  const auto endpoint =
      std::find_if(endpoints.begin(), endpoints.end(),
                   [&](const Endpoint& candidate) { return candidate.name == host; });
  if (endpoint == endpoints.end())
    return tl::unexpected(unreachable(fmt::format("there is no server named {}", host)));
  if (const Result<> whole = merge_config_files(*endpoint); !whole)
    return tl::unexpected(unreachable(whole.error().what));
  return links.emplace(host, make_link(*endpoint)).first->second.get();
}

// ssh takes one file: one of ours, which includes the others in their order.
Result<> HostTransport::State::merge_config_files(Endpoint& endpoint) {
  std::vector<std::string> files = std::exchange(endpoint.more_config_files, {});
  if (files.empty()) return {};
  files.insert(files.begin(), endpoint.ssh_config_file);
  std::string path = merged[files];
  if (path.empty()) {
    TRY_ASSIGN(const std::string root, folder.path());
    path = fmt::format("{}/config{}", root, merged.size());
    std::string text;
    for (const std::string& file : files) {
      const std::string whole = expand_home(file);
      text += fmt::format("Include \"{}\"\n",
                          whole.starts_with('/') ? whole : working_folder() + "/" + whole);
    }
    TRY(RealFiles().write(path, text, 0600));
    merged[files] = path;
  }
  endpoint.ssh_config_file = path;
  return {};
}

std::unique_ptr<HostLink> HostTransport::State::make_link(const Endpoint& endpoint) {
  if (endpoint.local) return std::make_unique<LocalLink>(endpoint, events);
  const SshLink::Surroundings native{jump_hosts.surroundings(), gate, events};
  const OpensshLink::Surroundings openssh{gate, folder, ring, events};
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
  const Result<HostLink*> link = state_->link_of(host);
  if (link) return (*link)->start(ticket, std::move(script), std::move(data));
  state_->events.push_back({ticket, host, NotStarted{link.error()}});
}

void HostTransport::prepare(const std::string& host) {
  if (const Result<HostLink*> link = state_->link_of(host)) (*link)->prepare();
}

void HostTransport::cancel(Ticket ticket) {
  for (const auto& [name, link] : state_->links) link->cancel(ticket);
}

std::optional<Result<int>> HostTransport::lend(const std::string& host, const RegistryLoan& loan) {
  const Result<HostLink*> link = state_->link_of(host);
  if (!link) return tl::unexpected(link.error());
  return (*link)->lend(loan, state_->folder);
}

unsigned long long HostTransport::bytes_lent(const std::string& host) {
  const auto link = state_->links.find(host);
  return link == state_->links.end() ? 0 : link->second->bytes_lent();
}

void HostTransport::take_back(const std::string& host) {
  const auto link = state_->links.find(host);
  if (link != state_->links.end()) link->second->take_back();
}

void HostTransport::State::advance_due(TimePoint now) {
  for (const auto& [name, link] : links)
    if (link->next_deadline() <= now) link->advance(now);
  if (jump_hosts.next_deadline() <= now) jump_hosts.advance(now);
}

HostTransport::State::Waits HostTransport::State::collect() const {
  Waits waits;
  waits.fds = {{options.wake_fd, POLLIN, 0}, {workers.wake_fd(), POLLIN, 0}};
  for (const auto& [name, link] : links) {
    link->add_waits(waits.fds);
    waits.ends.emplace_back(link.get(), waits.fds.size());
  }
  jump_hosts.add_waits(waits.fds);
  return waits;
}

// When it has to be asked again.
TimePoint HostTransport::State::tell_of_waits(TimePoint now) {
  TimePoint next = TimePoint::max();
  if (!options.waiting) return next;
  for (const auto& [name, link] : links) {
    const std::string_view what = link->preparing();
    if (what.empty()) {
      preparing.erase(name);
      continue;
    }
    Wait& one = preparing.emplace(name, Wait{now, false}).first->second;
    if (one.told) continue;
    if (now - one.since >= kQuietWait) {
      one.told = true;
      options.waiting(name, fmt::format("still {} after {}", what, to_string(kQuietWait)));
    } else {
      next = std::min(next, one.since + kQuietWait);
    }
  }
  return next;
}

// One call of poll(2) and what follows from it; false when a signal has arrived.
bool HostTransport::State::wait(TimePoint deadline) {
  Waits waits = collect();
  for (const auto& [name, link] : links) deadline = std::min(deadline, link->next_deadline());
  deadline = std::min(deadline, jump_hosts.next_deadline());
  const TimePoint before = Clock::now();
  deadline = std::min(deadline, tell_of_waits(before));
  if (!events.empty()) deadline = TimePoint::min();
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
  const auto is_ready = [](const pollfd& wait) { return wait.revents != 0; };
  if (std::any_of(waits.fds.begin() + static_cast<ptrdiff_t>(at), waits.fds.end(), is_ready))
    jump_hosts.advance(now);
  if (waits.fds[1].revents != 0) {
    workers.collect();
    for (const auto& [name, link] : links)
      if (!link->preparing().empty()) link->advance(now);  // a name that it waited for is looked up
    jump_hosts.advance(now);
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
