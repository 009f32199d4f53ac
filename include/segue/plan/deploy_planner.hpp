// Config + Facts -> Plan. Pure, and the one place that knows how a deploy goes.
#pragma once
#include "segue/base/result.hpp"
#include "segue/config/config.hpp"
#include "segue/config/origins.hpp"
#include "segue/model/host_facts.hpp"
#include "segue/plan/plan.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

struct PlanRequest {
  const Config& config;
  const std::map<std::string, HostFacts>& facts;  // by server name, of every host that takes part
  std::vector<std::string> services;              // those that -S left; empty: all
  SecretValues secrets;                           // only their HMACs get into the plan
  std::string release;                            // id of the release to be
  std::string new_salt;                           // for hosts that have no network of ours yet
  const ReleaseRecord* restores = nullptr;        // of a rollback: the release it goes back to
  const Origins* origins = nullptr;               // where values come from, if that is known
};

// Everything that stands against the deploy, at once. Empty: it can be planned.
std::vector<Error> check_hosts(const PlanRequest& request);

Plan make_plan(const PlanRequest& request);

// The images whose presence a host's facts must answer for: the services' and the proxy's.
std::vector<std::string> images_on_host(const Config& config, const std::string& host);

// The same of the contents of files and directories, and of the folders that applications write
// into.
std::vector<std::string> contents_on_host(const Config& config, const std::string& host);
std::vector<std::string> kept_on_host(const Config& config, const std::string& host);

}  // namespace segue
