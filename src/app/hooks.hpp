// Programs of the project that run on this machine around a deploy (docs/hooks.md): only after a
// yes to all of them as they are (rules F2).
//   Hooks hooks(app, project, {"v1.2.3", "ada"});
//   TRY(hooks.ask(yes));  TRY(hooks.run("pre_connect", project.config.hooks.pre_connect));
#pragma once
#include "project.hpp"

#include "segue/app/app.hpp"

#include <string>
#include <utility>
#include <vector>

namespace segue {

class Hooks {
 public:
  struct About {  // the deploy, as its hooks are told
    std::string version;
    std::string initiator;
  };
  Hooks(App& app, const Project& project, About about)
      : app_(app), project_(project), about_(std::move(about)) {}

  // Errors as those of ask_for_trust; done where there are no hooks.
  Result<> ask(bool yes);

  using Variables = std::vector<std::pair<std::string, std::string>>;
  // Shows what it prints. Nothing to do without words. Errors: Code::failed when it does not end
  // well or in time, Code::interrupted.
  Result<> run(const std::string& hook, const std::vector<std::string>& words,
               const Variables& more = {});

 private:
  App& app_;
  const Project& project_;
  About about_;
};

}  // namespace segue
