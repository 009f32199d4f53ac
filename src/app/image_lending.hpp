// Brings hosts the images that were built here through a registry of this machine, which they are
// lent for that time through their SSH sessions: each pulls, with its own engine, what it lacks.
//   TRY_ASSIGN(auto ended, ImageLending(app, project, hosts, facts).run(steps));
#pragma once
#include "hosts.hpp"
#include "project.hpp"

#include "segue/plan/plan.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

// Before the hosts are connected to: their sessions are to be lent something, by a password that is
// made for this run. Does nothing without `builder.registry.type: local`.
void prepare_lending(Project& project);

class ImageLending {
 public:
  using Steps = std::map<std::string, std::vector<const Step*>>;  // by host

  ImageLending(App& app, const Project& project, Hosts& hosts,
               const std::map<std::string, HostFacts>& facts)
      : app_(app), project_(project), hosts_(hosts), facts_(facts) {}

  // How it ended where it was done so. Those hosts are taken out of `steps`; what is left there has
  // to go another way, and why is told.
  Result<std::vector<ScriptEnded>> run(Steps& steps);

  // Ends what the hosts were lent, or could have been.
  void take_back();

 private:
  Result<> push(const Steps& steps);
  Result<std::map<std::string, int>> lend(const Steps& steps);
  Script script(const std::string& host, int port, const std::vector<const Step*>& steps) const;
  Result<std::vector<ScriptEnded>> pull(const std::map<std::string, int>& ports,
                                        const Steps& steps);
  void tell_other_way(const std::string& host, const std::string& why);

  App& app_;
  const Project& project_;
  Hosts& hosts_;
  const std::map<std::string, HostFacts>& facts_;
  std::map<std::string, std::string> digests_;  // by the images' ids
};

}  // namespace segue
