// What the proxy of a host has to know of one service: written when hosts, paths or the number of
// replicas change, never by a switch (docs/proxy.md).
#pragma once
#include "segue/base/duration.hpp"
#include "segue/model/identity.hpp"
#include "segue/model/proxy_port.hpp"
#include "segue/model/slot.hpp"
#include "segue/proxy/https_route.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

// How the containers of a slot are reached that serve while others come with another port or
// protocol.
struct FormerUpstream {
  Slot slot = Slot::blue;
  int port = 0;
  bool h2c = false;
};

struct ProxiedService {
  Identity identity;
  std::string service;
  std::vector<std::string> hosts;  // empty: catch-all
  std::string path_prefix;         // empty, or "/api"
  bool strip_prefix = false;       // the application does not see it
  std::vector<ProxyPort> ports;    // host ports that lead there whatever the name and path
  int target = 0;                  // of several routes of a service; probes take the first, 0
  int app_port = 0;                // 0: health checks only, no route
  int health_port = 0;             // where probes go; equals app_port unless set
  bool h2c = false;                // the application speaks HTTP/2 without TLS
  Duration health_timeout{5'000};
  int blue_replicas = 1;
  int green_replicas = 1;
  std::optional<HttpsRoute> https;  // absent: plain HTTP
  Duration hold{2'000};  // how long a request waits for a container that is just not there

  bool on_host = false;  // listens in the host's own network: reached by its gateway

  std::optional<FormerUpstream> former;

  int port_of(Slot slot) const { return former && former->slot == slot ? former->port : app_port; }
  bool is_h2c(Slot slot) const { return former && former->slot == slot ? former->h2c : h2c; }

  // "shop.web": names its folder of tokens and its routes.
  std::string key() const { return identity.key() + "." + service; }
  int replicas(Slot slot) const { return slot == Slot::blue ? blue_replicas : green_replicas; }
};

// "b-0a1b2c3d4e5f-1": the network alias of a replica of a slot. What the proxy dials.
std::string slot_alias(const Identity& identity, const std::string& service, Slot slot,
                       int replica);

// "b-0a1b2c3d4e5f-": what all aliases of a slot begin with, for counting its requests.
std::string slot_alias_prefix(const Identity& identity, const std::string& service, Slot slot);

// "c-0a1b2c3d4e5f-1": reachable for probes only; a stop-first candidate has no other before its
// gate.
std::string candidate_alias(const Identity& identity, const std::string& service, int replica);

// "h-0a1b2c3d4e5f-1": stands for the gateway by which the proxy reaches a service of the host's own
// network, in both slots.
std::string host_alias(const Identity& identity, const std::string& service);

// The network by which a stop-first candidate is let in after its gate (rules D1).
// Where slots have fixed addresses, they all lie in it.
std::string admission_network(const Identity& identity);

// Where names can't be relied on: the network in which probes reach a stop-first candidate.
std::string candidate_network(const Identity& identity);

}  // namespace segue
