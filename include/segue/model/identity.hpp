// What everything on a host belongs to: a project, and the environment that -e named. Part of
// every name and label that segue makes (rules C1).
#pragma once
#include <string>

namespace segue {

struct Identity {
  std::string project;
  std::string environment;  // empty without -e

  bool operator==(const Identity&) const = default;

  // "shop" or "shop.production": parts joined by a dot, which no name may contain.
  std::string key() const;
  // "segue-shop" or "segue-shop.production"
  std::string network() const;
  // "shop-web", "shop-production-web"; further replicas "shop-web-2". Names are for people.
  std::string container_name(const std::string& service, int replica) const;
};

// "shop-web_old_42-v1-9f3a": the container that is being retired.
std::string retired_name(const std::string& live_name, const std::string& release);

// The 12 hex digits that stand for identity and service in network aliases: a DNS label is short.
std::string address_hash(const Identity& identity, const std::string& service);

}  // namespace segue
