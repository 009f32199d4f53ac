// The jump hosts of one run, each with one session for all hosts behind it.
//   TRY_ASSIGN(Passage passage, jump_hosts.passage(endpoint, settings, now));
#pragma once
#include "login.hpp"
#include "passage.hpp"

#include "segue/remote/endpoint.hpp"

#include <poll.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace segue {

class JumpHost;

class JumpHosts {
 public:
  using Tell = std::function<void(const std::string& host, const std::string& what)>;

  JumpHosts(Resolver& resolver, KeyRing& ring, ClientConfigs& configs, KnownHostsFiles& known_hosts,
            const Tell& tell);
  JumpHosts(const JumpHosts&) = delete;
  JumpHosts& operator=(const JumpHosts&) = delete;
  ~JumpHosts();

  // A way to this host through the jump hosts that its settings name. Errors: they lead in a
  // circle.
  Result<Passage> passage(const Endpoint& to, const HostSettings& settings, TimePoint now);

  const Login::Surroundings& surroundings() const { return surroundings_; }

  void advance(TimePoint now);
  TimePoint next_deadline() const;
  void add_waits(std::vector<pollfd>& waits) const;

 private:
  Result<> note_way(const Endpoint& from, const Endpoint& over);

  Login::Surroundings surroundings_;
  const Tell& tell_;
  std::map<std::string, std::vector<std::unique_ptr<JumpHost>>> jump_hosts_;  // by jump_key
  std::map<std::string, std::string> ways_;  // from a jump_key to that of the next one on the way
  std::set<std::string> told_;
};

}  // namespace segue
