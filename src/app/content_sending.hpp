// Sends hosts the contents of files and directories that they lack, to all of them at once. A host
// whose connection was lost goes on with what came.
#pragma once
#include "hosts.hpp"

#include "segue/plan/plan.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

class ContentSending {
 public:
  // The facts learn what is there afterwards.
  ContentSending(App& app, const Project& project, Hosts& hosts,
                 std::map<std::string, HostFacts>& facts)
      : app_(app), project_(project), hosts_(hosts), facts_(facts) {}

  // The steps of the plan that send a content. How each ended: a try that was followed by another
  // one is left out.
  Result<std::vector<ScriptEnded>> run(const Plan& plan);

 private:
  using Steps = std::map<std::string, std::vector<const Step*>>;  // by host

  std::map<std::string, std::vector<Hosts::Sending>> rows(const Steps& steps) const;
  Hosts::Sending sending(const std::string& host, const Step& step) const;
  Result<Steps> left_after(const std::vector<ScriptEnded>& ended, const Steps& steps);
  void learn(const std::string& host, HostFacts told);
  std::vector<const Step*> lacking(const std::string& host,
                                   const std::vector<const Step*>& steps) const;

  App& app_;
  const Project& project_;
  Hosts& hosts_;
  std::map<std::string, HostFacts>& facts_;
};

}  // namespace segue
