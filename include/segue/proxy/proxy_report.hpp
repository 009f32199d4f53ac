// What the proxy of a host says of itself: asked by a section that changes nothing, its output read
// here. For `segue proxy status`, `logs` and `gc`.
#pragma once
#include "segue/base/result.hpp"
#include "segue/engine/engine.hpp"
#include "segue/model/identity.hpp"
#include "segue/model/slot.hpp"
#include "segue/proxy/extra_routes.hpp"
#include "segue/script/section.hpp"

#include <string>
#include <vector>

namespace segue {

struct ProxiedRoute {
  Identity identity;
  std::string service;
  std::string file;                // its route file; empty: only its folder of tokens is left
  std::vector<std::string> hosts;  // names that lead there; "*": all; empty: health checks only
  std::string path;                // prefix; empty: every path
  bool https = false;
  Slot slot = Slot::blue;   // that new requests go to
  int in_flight = 0;        // requests of that slot
  int in_flight_other = 0;  // of the other one

  std::string key() const { return identity.key() + "." + service; }
  bool is_extra() const { return service == kExtraRoutes; }  // the project's, not of a service
};

struct ProxyReport {
  std::string version;     // of the Caddy that runs
  bool is_loaded = false;  // it runs what the route files say
  bool two = false;        // an upgrade is under way
  std::vector<ProxiedRoute> routes;
};

Section ask_proxy(const Engine& engine, const std::string& state_root);
Result<ProxyReport> parse_proxy_report(const std::string& output);

// Tells `log LINE` for each line of the proxy's log as it comes. A follower ends when its reader is
// gone.
Section tell_proxy_log(const Engine& engine, int lines, bool follow);

// Removes routes and tokens of services that have no container, unless a deploy of their project
// is under way. Tells `removed KEY` for each, and loads what is left.
Section remove_routes(const Engine& engine, const std::string& state_root,
                      const std::vector<ProxiedRoute>& routes);

}  // namespace segue
