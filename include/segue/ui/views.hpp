// What the commands have to show, as plain data: already computed, not yet text.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/host/audit.hpp"
#include "segue/host/record.hpp"
#include "segue/model/lock_facts.hpp"
#include "segue/rollout/rollout.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segue {

struct DeployView {
  std::string release;
  RolloutResult result;
  Duration took{0};
  bool nothing_to_do = false;
  std::string restores{};  // of a rollback: the release it goes back to
};

struct ContainerView {
  std::string name;
  std::string role;    // live, candidate, retired
  std::string state;   // running, exited, ...
  std::string health;  // healthy, unhealthy, unknown
  std::string release;
  std::string slot;  // empty without a proxy
  std::string started_at;
  int restarts = 0;
};

struct ServiceView {
  std::string host;
  std::string service;
  std::string release;  // of the live set; empty: nothing serves
  std::string slot;
  std::string trouble;             // empty: as it should be
  std::vector<std::string> drift;  // fields that differ from deploy.yml: "image: a:1 -> a:2"
  std::vector<ContainerView> containers;
};

struct HostView {
  std::string host;
  std::string engine;          // "docker 20.10.24"
  std::string proxy;           // "running", "not there", "exited"
  std::optional<Error> error;  // it could not be asked
};

// A certificate that the proxy shows, or should.
struct CertificateView {
  std::string host;
  std::string name;       // "shop.example.com"
  std::string issuer;     // who signed it
  std::string not_after;  // "2026-11-21T04:17:30Z"; empty: there is none yet
  std::string pending;    // then why, as far as it is known
};

struct StatusView {
  std::string project;
  std::string environment;
  std::vector<HostView> hosts;
  std::vector<ServiceView> services;
  std::vector<CertificateView> certificates;
  std::vector<std::string> leftovers;  // findings of recovery
};

struct ProxyRouteView {
  std::string project;
  std::string environment;
  std::string service;             // or "proxy.extra"
  std::vector<std::string> hosts;  // names that lead there; "*": all; empty: health checks only
  std::string path;                // prefix; empty: every path
  bool https = false;
  std::string slot;         // that new requests go to; empty: raw routes have none
  int in_flight = 0;        // requests of that slot
  int in_flight_other = 0;  // of the other one
};

struct ProxyView {
  std::string host;
  std::string state;    // "running", "not there", "exited"
  std::string version;  // of its Caddy; these below only when it runs
  std::string image;
  std::string wanted_image;  // of deploy.yml, when that is another one
  std::string started_at;    // the container, not its Caddy
  std::vector<int> ports;
  bool is_loaded = false;  // it runs what the route files say
  bool upgrading = false;
  std::vector<ProxyRouteView> routes;
  std::optional<Error> error;
};

struct DeploysView {
  ReleaseRecord record;
  std::vector<std::string> hosts;               // that have it
  std::map<std::string, std::string> disagree;  // hosts whose record says another status: which
  std::vector<std::string> missing;             // hosts of the release without a record of it
  bool live = false;                            // the newest that serves, as far as records say
};

// An image that releases have had for a service, on one host.
struct ImageView {
  std::string host;
  std::string service;
  std::string id;
  std::string image;                  // as deploy.yml called it
  std::string digest;                 // "name@sha256:..."; empty: it came from no registry
  std::vector<std::string> tags;      // as the engine calls it now
  std::vector<std::string> releases;  // that have it, newest first
  long long size = 0;                 // bytes
  std::string created;                // UTC, ISO 8601
  long long age = -1;                 // seconds; -1: not known
  bool gone = false;                  // it is not on the host any more
  bool runs = false;
  bool rollback_target = false;
  std::string kept_by;  // why retention leaves it; empty: it would remove it
};

struct AuditView {
  AuditEntry entry;
  std::vector<std::string> hosts;  // that remember it
};

struct LockView {
  std::string host;
  bool held = false;
  int generation = 0;
  std::optional<LockHolder> holder;
  std::string owner;  // "alive", "dead", "expired", "on another machine"
  std::optional<Error> error;
  bool ours = false;            // a manual lock that this user or CI run has taken
  long long seconds_left = -1;  // of the lease; -1: until it is released
  std::string under{};          // the manual lock under which a deploy goes on
  bool in_full = false;         // people want to see all of it
};

}  // namespace segue
