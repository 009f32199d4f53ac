// The one probe that asks a host everything a plan needs: a script, and the reading of its answer.
// Optionally it takes the lock in the same round trip (deploy -y).
#pragma once
#include "segue/base/result.hpp"
#include "segue/host/audit.hpp"
#include "segue/model/host_facts.hpp"
#include "segue/model/identity.hpp"
#include "segue/model/lock_facts.hpp"
#include "segue/script/script.hpp"
#include "segue/script/script_reader.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segue {

struct FactsRequest {
  Identity identity;
  std::string engine = "docker";    // or "podman"; empty: what the host has
  std::vector<std::string> images;  // references whose presence is asked
  // By id instead: a tag may have moved since. Reference -> id; the answer goes by the reference.
  std::map<std::string, std::string> image_ids{};
  std::vector<std::string> contents{};  // whose presence is asked, by their SHA-256
  std::vector<std::string> kept{};      // the same, of folders that applications write into
  // Of a release that is yet to be chosen: every image that the host's records name, by its id as
  // reference, and every content. What the lists above name is not asked then.
  bool recorded = false;
  // With `recorded`: who else has these images, too, so that it can be said which may leave.
  bool retention = false;
  std::optional<LockHolder> lock;  // take the lock too when it is free
  bool only_lock = false;  // ask for nothing but the host, its engine and who holds the lock
  std::vector<std::string> release{};  // ids of holders whose lock is released at once
  std::string disown{};  // id of a holder who was gone before he was told whether he got the lock
  std::optional<AuditEntry> audit{};  // written where the lock was taken, or released
  // First end the script of a client that is gone, and wait until the engine has come to rest:
  // what its last command asked for may still happen (rules A4).
  bool end_scripts = false;
};

Script facts_script(const FactsRequest& request);

// `host` is the server's name. Errors are what the host told: no engine, no permission, not
// writable, each with the command that repairs it.
Result<HostFacts> read_facts(const std::string& host, const FactsRequest& request,
                             const ScriptReader& reader, const std::vector<ScriptEvent>& events);

}  // namespace segue
