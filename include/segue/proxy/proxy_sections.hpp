// What is done with the proxy of a host, as script sections. All of them are idempotent.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/engine/engine.hpp"
#include "segue/model/container_facts.hpp"
#include "segue/proxy/extra_routes.hpp"
#include "segue/proxy/proxied_service.hpp"
#include "segue/script/section.hpp"

#include <string>
#include <vector>

namespace segue {

inline constexpr const char* kProxyName = "segue-proxy";
inline constexpr const char* kProxyNetwork = "segue";
// Raised when a running proxy can't be used by what this segue sends: it is then made anew.
inline constexpr const char* kProxyLoopVersion = "2";

struct ProxyContainer {
  std::string image;      // reference or id, present on the host
  std::string reference;  // as deploy.yml says it: for people
  int http_port = 80;
  int https_port = 443;
  std::string state_root;
  std::vector<ProxyPort> ports;  // of services
  bool replace = false;          // one is there that publishes other ports, or is of another kind
};

// Whether that container of the proxy understands what this segue sends.
bool is_of_our_kind(const ContainerFacts& proxy);

// Makes the proxy's network and container, and proves that it runs, that it sees the host's files
// and that probes can run in it. A new one joins the networks of all projects.
Section ensure_proxy(const Engine& engine, const ProxyContainer& proxy);

// Joins the proxy to networks; those it is in already are skipped.
Section join_networks(const Engine& engine, const std::vector<std::string>& networks);

// Gives each alias that has none an IP address of the network, for good: the highest ones that are
// free, since the engine itself begins with the lowest. Only where the engine has fixed addresses.
Section give_addresses(const Engine& engine, const std::string& network,
                       const std::vector<std::string>& aliases);

// Gives these aliases the address by which the proxy's network reaches the host itself.
Section give_host_addresses(const Engine& engine, const std::string& state_root,
                            const std::vector<std::string>& aliases);

// Writes the routes of services, removes those named, and loads what is composed of all projects'
// files when it differs from what is loaded. On refusal the former configuration stays.
struct RouteChange {
  std::vector<ProxiedService> write;
  std::vector<std::string> remove;  // file names
  std::vector<RouteFile> extra{};   // to be written beside those of services
  // What was there before is kept under this release, until restore_routes or forget_former_routes.
  // Empty: it is not.
  std::string release{};
};
inline constexpr const char* kRoutesSection = "routes";
Section write_routes(const Engine& engine, const std::string& state_root,
                     const RouteChange& change);

// Puts back the files that the release has changed, and loads them. Each was kept, or was not
// there.
Section restore_routes(const Engine& engine, const std::string& state_root,
                       const std::string& release, const std::vector<std::string>& files);

// The release is done, on this host: what was before it need not be known any more, and the
// certificates and keys that only that named are removed.
ShellText forget_former_routes(const std::string& state_root, const Identity& identity,
                               const std::string& release);

// Moves new requests to the other slot: one rename, which needs no disk space.
Section switch_traffic(const std::string& slot_folder, Slot to);

// A request through the proxy must reach the slot now.
Section verify_switch(const Engine& engine, const ProxiedService& service, Slot slot,
                      const std::string& path);

// Waits until the slot has no request in flight, counted, at most `limit`; tells `drained FIRST
// LEFT`.
Section drain(const Engine& engine, const ProxiedService& service, Slot slot, Duration limit);

}  // namespace segue
