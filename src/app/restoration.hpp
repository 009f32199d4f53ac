// What a rollback goes back to: chosen by what the hosts remember, then put in deploy.yml's place.
#pragma once
#include "hosts.hpp"
#include "project.hpp"

#include "segue/host/record.hpp"

#include <map>
#include <string>

namespace segue {

// From here on the project is as the release was; servers and secrets are today's. Hosts that had
// nothing of it take no part any more, and `facts`, asked for with Hosts::Ask::recorded, are as if
// the release's own images had been asked for. An empty name: the one before what runs.
// `may_run` as in ProjectRequest::yes.
Result<ReleaseRecord> restore_project(App& app, Project& project, Hosts& hosts,
                                      std::map<std::string, HostFacts>& facts,
                                      const std::string& name, bool may_run);

}  // namespace segue
