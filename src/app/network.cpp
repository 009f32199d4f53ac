// `segue network ...`: there is no private network between hosts yet, and deploy.yml can't ask for
// one. Who looks at it or tidies up finds nothing, which is right; who wants one made is told so.
#include "hosts.hpp"

#include "segue/app/app.hpp"

#include <fmt/format.h>

namespace segue {

ExitStatus network_look(App& app) {
  const auto project = open_project(app, {.version = "none", .offline = true});
  if (!project) return told(app, project.error());
  app.reporter.value("network", {{"enabled", "false"}},
                     fmt::format("{} has no private network between its hosts: there is nothing to "
                                 "look after",
                                 project->config.project));
  return ExitStatus::done;
}

ExitStatus network_change(App& app, const std::string& command) {
  const auto project = open_project(app, {.version = "none", .offline = true});
  if (!project) return told(app, project.error());
  return told(app, {Code::usage,
                    fmt::format("`segue network {}` has nothing to do: {} has no private network "
                                "between its hosts, and none can be made yet",
                                command, project->config.project),
                    "services of one host reach each other by their names, those of other hosts by "
                    "published ports",
                    {},
                    {}});
}

}  // namespace segue
