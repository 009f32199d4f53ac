// What the engine says of one container, of those fields that we ask for (rules A5: never all).
#pragma once
#include <map>
#include <string>
#include <vector>

namespace segue {

namespace label {
inline constexpr const char* kProject = "segue.project";
inline constexpr const char* kEnvironment = "segue.environment";
inline constexpr const char* kService = "segue.service";
inline constexpr const char* kRelease = "segue.release";  // the release that created it
inline constexpr const char* kReplica = "segue.replica";  // 1, 2, ...
inline constexpr const char* kSlot = "segue.slot";        // blue, green; absent without a proxy
inline constexpr const char* kSpec = "segue.spec";        // hash of what was configured
inline constexpr const char* kFields = "segue.fields";    // the same, field by field, as JSON
inline constexpr const char* kRestart = "segue.restart";  // the policy it is to have
inline constexpr const char* kRole = "segue.role";        // "proxy" on the proxy and its network
inline constexpr const char* kCommand = "segue.command";  // service whose `release` command it runs
inline constexpr const char* kState = "segue.state";      // on the proxy's network: state folder
inline constexpr const char* kLoop = "segue.loop";        // on the proxy: version of its loop
inline constexpr const char* kImage = "segue.image";      // on the proxy: what its image is called
inline constexpr const char* kSalt = "segue.salt";        // on a project's network
}  // namespace label

struct ContainerFacts {
  std::string id;
  std::string name;      // without the leading slash
  std::string image;     // as it was named at creation
  std::string image_id;  // "sha256:..."
  std::string state;     // created, running, paused, restarting, removing, exited, dead
  int exit_code = 0;
  bool out_of_memory = false;
  int restarts = 0;
  std::string restart_policy;
  std::string started_at;
  std::string health;  // the engine's own: starting, healthy, unhealthy, or empty
  std::map<std::string, std::string> labels;
  std::vector<std::string> networks;

  const std::string& label(const char* key) const;
  bool running() const { return state == "running"; }
  bool of(const std::string& project, const std::string& environment) const;
};

}  // namespace segue
