// Programs of the project that run on this machine around a build or a deploy (docs/hooks.md): only
// after a yes to all of them as they are (rules F2).
//   Hooks hooks(app, project, "ada");
//   TRY(hooks.ask(yes));  hooks.name_version("v1.2.3");  TRY(hooks.run("pre_connect",
//   project.config.hooks.pre_connect));
#pragma once
#include "project.hpp"

#include "segue/app/app.hpp"

#include <string>
#include <utility>
#include <vector>

namespace segue {

class Hooks {
 public:
  Hooks(App& app, const Project& project, std::string initiator)
      : app_(app), project_(project), initiator_(std::move(initiator)) {}

  // Errors as those of ask_for_trust; done where there are no hooks.
  Result<> ask(bool yes);

  // What is built or deployed, as hooks are told from now on.
  void name_version(std::string version) { version_ = std::move(version); }

  using Variables = std::vector<std::pair<std::string, std::string>>;
  // Shows what it prints. Nothing to do without words. Errors: Code::failed when it does not end
  // well or in time, Code::interrupted.
  Result<> run(const std::string& hook, const std::vector<std::string>& words,
               const Variables& more = {});

 private:
  App& app_;
  const Project& project_;
  std::string initiator_;
  std::string version_;
};

}  // namespace segue
