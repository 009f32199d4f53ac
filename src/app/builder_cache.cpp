#include "builder_cache.hpp"

#include "local_engine.hpp"

#include "segue/base/text.hpp"
#include "segue/model/image_labels.hpp"
#include "segue/os/process.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kLongestPrune{600'000};

// "Total reclaimed space: 1.2MB"; Podman says it of images only, after what it has removed.
std::string freed_in(const std::string& output) {
  constexpr std::string_view kTotal = "Total reclaimed space:";
  const size_t at = output.rfind(kTotal);
  if (at == std::string::npos) return {};
  const std::string rest = output.substr(at + kTotal.size());
  return std::string(trim(rest.substr(0, rest.find('\n'))));
}

Result<> prune(App& app, const LocalEngine& engine, const std::string& what,
               const std::vector<std::string>& words) {
  ProcessRequest request;
  request.argv = {engine.program()};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.deadline = kLongestPrune;
  TRY_ASSIGN(const ProcessResult result, run_process(request, app.signals.wake_fd()));
  if (!result.succeeded())
    return fail(Code::failed, fmt::format("{} does not tidy up {}: {}", engine.program(), what,
                                          trim(result.error_output)));
  const std::string freed = freed_in(result.output);
  app.reporter.value("builder_freed", {{"what", what}, {"freed", freed}},
                     fmt::format("this machine: {} tidied up{}", what,
                                 freed.empty() ? "" : ", " + freed + " freed"));
  return {};
}

}  // namespace

Result<> prune_builder_cache(App& app, const Project& project) {
  TRY_ASSIGN(const LocalEngine engine, find_local_engine(app, project.config));
  const std::string ours =
      fmt::format("label={}={}", image_label::kProject, project.config.project);
  TRY(prune(app, engine, "former builds of " + project.config.project,
            {"image", "prune", "-f", "--filter", ours}));
  // Podman has no cache beside its images.
  if (engine.kind == EngineKind::podman) return {};
  return prune(app, engine, "the builder's cache", {"builder", "prune", "-f"});
}

}  // namespace segue
