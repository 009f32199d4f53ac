// A whole deploy against a TortureHost, with the real planner, rollout and recovery: what the
// program does between its terminal and its transport.
#pragma once
#include "torture_host.hpp"

#include "segue/config/config.hpp"
#include "segue/rollout/rollout.hpp"

#include <set>
#include <string>
#include <vector>

namespace torture {

enum class Kind { proxied, stop_first, worker };
const char* name_of(Kind kind);

// One service of that kind on the host "one"; its image is app:VERSION.
segue::Config make_config(Kind kind, int replicas, const std::string& version);

inline constexpr const char* kFirst = "1-v1-aaaa";
inline constexpr const char* kSecond = "2-v2-bbbb";
inline constexpr const char* kService = "web";
// What a shell would love to misread.
inline constexpr const char* kHardValue = "it's \"quoted\"\n$HOME `id` \\ * \t ~ ;&|\n\n";

struct DeployOptions {
  RunOptions run;                // for the rollout's scripts
  bool client_dies_too = false;  // when a script is lost, nobody goes on
};
struct DeployResult {
  segue::RolloutResult result;
  std::vector<ShellRun> runs;
  std::set<std::string> succeeded;  // names of sections
  bool client_died = false;
  int calls_of_probe = 0;  // how many calls the engine had seen when the lock was taken
};

segue::HostFacts read_host(const TortureHost& host, const segue::Config& config, bool end_scripts,
                           const RunOptions& options = {});
DeployResult deploy(TortureHost& host, const segue::Config& config, const std::string& release,
                    const DeployOptions& options = {});

// The same, but nothing may go wrong.
DeployResult must_deploy(TortureHost& host, const segue::Config& config, const std::string& release,
                         const DeployOptions& options = {});
std::string story(const DeployResult& result);  // what went wrong, for messages

// What `segue recover` does after the death of a client. Returns the scripts' outcomes.
std::vector<ShellRun> settle(TortureHost& host, const segue::Config& config,
                             const RunOptions& options = {});

std::set<std::string> ids_of(const TortureHost& host, const std::string& release);

// Exactly one complete set serves, named and restarted as it should be, and nothing else is left.
// Returns what is not so.
std::vector<std::string> what_is_not_at_rest(const TortureHost& host, const segue::Config& config);
std::string live_release(const TortureHost& host, const segue::Config& config);

}  // namespace torture
