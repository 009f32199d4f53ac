#include "source_version.hpp"

#include "segue/base/text.hpp"
#include "segue/os/newest_change.hpp"
#include "segue/os/process.hpp"
#include "segue/os/wall_clock.hpp"

namespace segue {
namespace {

constexpr size_t kShortCommit = 12;

// A repository may name a program that git is to run to look for changes: not for this.
Result<std::string> git(App& app, const std::string& folder, std::vector<std::string> words) {
  ProcessRequest request;
  request.argv = {"git", "-c", "core.fsmonitor=false"};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.folder = folder;
  auto result = run_process(request, app.signals.wake_fd());
  if (!result && result.error().code == Code::interrupted) return tl::unexpected(result.error());
  return result && result->succeeded() ? std::string(trim(result->output)) : std::string();
}

}  // namespace

Result<SourceVersion> source_version(App& app, const std::string& folder) {
  SourceVersion found;
  TRY_ASSIGN(found.revision, git(app, folder, {"rev-parse", "--verify", "--quiet", "HEAD"}));
  if (found.revision.empty()) {
    const std::string when = utc_text(newest_change(folder));
    found.version = replace_all(replace_all(when, "-", ""), ":", "");
    return found;
  }
  TRY_ASSIGN(const std::string changes, git(app, folder, {"status", "--porcelain"}));
  found.dirty = !changes.empty();
  found.version = found.revision.substr(0, kShortCommit) + (found.dirty ? "-dirty" : "");
  return found;
}

}  // namespace segue
