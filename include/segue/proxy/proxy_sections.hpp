// What is done with the proxy of a host, as script sections. All of them are idempotent.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/engine/engine.hpp"
#include "segue/proxy/proxied_service.hpp"
#include "segue/script/section.hpp"

#include <string>
#include <vector>

namespace segue {

inline constexpr const char* kProxyName = "segue-proxy";
inline constexpr const char* kProxyNetwork = "segue";

struct ProxyContainer {
  std::string image;  // reference or id, present on the host
  int http_port = 80;
  int https_port = 443;
  std::string state_root;
  bool replace = false;  // one is there that publishes other ports
};

// Makes the proxy's network and container, and proves that it runs, that it sees the host's files
// and that probes can run in it.
Section ensure_proxy(const Engine& engine, const ProxyContainer& proxy);

// Joins the proxy to networks; those it is in already are skipped.
Section join_networks(const Engine& engine, const std::vector<std::string>& networks);

// Writes the routes of services, removes those named, and loads what is composed of all projects'
// files when it differs from what is loaded. On refusal the former configuration stays.
struct RouteChange {
  std::vector<ProxiedService> write;
  std::vector<std::string> remove;  // file names
};
Section write_routes(const Engine& engine, const std::string& state_root,
                     const RouteChange& change);

// Moves new requests to the other slot: one rename, which needs no disk space.
Section switch_traffic(const std::string& slot_folder, Slot to);

// A request through the proxy must reach the slot now.
Section verify_switch(const Engine& engine, const ProxiedService& service, Slot slot,
                      const std::string& path);

// Waits until the slot has no request in flight, counted, at most `limit`; tells `drained FIRST
// LEFT`.
Section drain(const Engine& engine, const ProxiedService& service, Slot slot, Duration limit);

}  // namespace segue
