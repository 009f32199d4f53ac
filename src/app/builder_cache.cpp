#include "builder_cache.hpp"

#include "build_machine.hpp"

#include "segue/base/text.hpp"
#include "segue/model/image_labels.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// "Total reclaimed space: 1.2MB"; Podman says it of images only, after what it has removed.
std::string freed_in(const std::string& output) {
  constexpr std::string_view kTotal = "Total reclaimed space:";
  const size_t at = output.rfind(kTotal);
  if (at == std::string::npos) return {};
  const std::string rest = output.substr(at + kTotal.size());
  return std::string(trim(rest.substr(0, rest.find('\n'))));
}

Result<> prune(App& app, BuildMachine& machine, const std::string& what,
               const std::vector<std::string>& words) {
  TRY_ASSIGN(const std::string output, machine.ask(words));
  const std::string freed = freed_in(output);
  app.reporter.value("builder_freed", {{"what", what}, {"freed", freed}},
                     fmt::format("{}: {} tidied up{}", machine.place(), what,
                                 freed.empty() ? "" : ", " + freed + " freed"));
  return {};
}

}  // namespace

Result<> prune_builder_cache(App& app, Project& project) {
  TRY_ASSIGN(BuildMachine machine, BuildMachine::find(app, project));
  const std::string ours =
      fmt::format("label={}={}", image_label::kProject, project.config.project);
  TRY(prune(app, machine, "former builds of " + project.config.project,
            {"image", "prune", "-f", "--filter", ours}));
  // Podman has no cache beside its images.
  if (machine.engine().kind == EngineKind::podman) return {};
  return prune(app, machine, "the builder's cache", {"builder", "prune", "-f"});
}

}  // namespace segue
