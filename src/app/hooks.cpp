#include "hooks.hpp"

#include "trust.hpp"

#include "segue/base/text.hpp"
#include "segue/os/process.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kLongest{300'000};  // a fraction of the lock's lease, which nobody renews here

std::string how_it_ended(const ProcessResult& result) {
  if (result.timed_out) return fmt::format("took longer than {}", to_string(kLongest));
  if (!result.end.signal.empty()) return "was killed (SIG" + result.end.signal + ")";
  return fmt::format("ended with exit code {}", result.end.status);
}

}  // namespace

Result<> Hooks::ask(bool yes) {
  const HooksConfig& hooks = project_.config.hooks;
  TrustWish wish{project_.folder, {"hooks"}, {}, "", "for its hooks deploy.yml wants"};
  const std::pair<const char*, const std::vector<std::string>*> all[]{
      {"pre_build", &hooks.pre_build},
      {"pre_connect", &hooks.pre_connect},
      {"pre_deploy", &hooks.pre_deploy},
      {"post_deploy", &hooks.post_deploy},
      {"on_failure", &hooks.on_failure}};
  std::vector<std::string> shown;
  for (const auto& [name, words] : all) {
    if (words->empty()) continue;
    wish.words.push_back(std::string(name) + ":");
    wish.words.insert(wish.words.end(), words->begin(), words->end());
    wish.programs.insert(wish.programs.end(), words->begin(), words->end());
    shown.push_back(join(*words, " "));
  }
  if (shown.empty()) return {};
  wish.shown = join(shown, "; ");
  return ask_for_trust(app_, wish, yes);
}

Result<> Hooks::run(const std::string& hook, const std::vector<std::string>& words,
                    const Variables& more) {
  if (words.empty()) return {};
  const Config& config = project_.config;
  ProcessRequest request;
  request.argv = words;
  request.folder = project_.folder;
  request.deadline = kLongest;
  request.environment = {{"SEGUE_HOOK", hook},
                         {"SEGUE_PROJECT", config.project},
                         {"SEGUE_ENVIRONMENT", config.environment},
                         {"SEGUE_VERSION", version_},
                         {"SEGUE_INITIATOR", initiator_},
                         {"SEGUE_HOSTS", join(project_.hosts, ",")}};
  request.environment.insert(request.environment.end(), more.begin(), more.end());
  app_.reporter.progress({Report::Kind::phase, "", "", "Hook " + hook, "", {}});
  auto result = run_process(request, app_.signals.wake_fd());
  if (!result) {
    if (result.error().code == Code::interrupted) return tl::unexpected(result.error());
    return fail(Code::failed,
                fmt::format("the hook {} can't be run: {}", hook, result.error().what));
  }
  const std::string output(trim(result->output + result->error_output));
  if (!output.empty())
    app_.reporter.progress({Report::Kind::evidence, "", "", "hook " + hook, output, {}});
  if (result->succeeded()) return {};
  return fail(Code::failed, fmt::format("the hook {} {}", hook, how_it_ended(*result)),
              "what it runs: " + join(words, " "));
}

}  // namespace segue
