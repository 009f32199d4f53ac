// Who may change a project on a host. The format of a holder file, written once by `ln` (atomic
// with its content) as lock/<generation>, is a line of JSON with exactly these fields.
#pragma once
#include <optional>
#include <string>

namespace segue {

struct LockHolder {
  std::string id;       // random, known only to the holder
  std::string kind;     // "deploy", "recover", "manual"
  std::string who;      // user@machine
  std::string message;  // why
  std::string since;    // UTC, for people only: never compared (rules B2)
  std::string release;  // of a deploy
  // The host's clock at the time: another boot id means that the lease is over.
  std::string boot_id;
  long long uptime = 0;  // hundredths of a second
  long long ttl = 0;     // hundredths of a second; 0: until released
  // Where the holder's process lives, so that the same machine can tell that it is dead.
  std::string owner_machine;
  std::string owner_boot_id;
  std::string owner_pid_namespace;
  long long owner_pid = 0;
  std::string owner_start_time;
};

struct LockFacts {
  int generation = 0;  // highest ever taken; 0: never
  bool held = false;
  std::optional<LockHolder> holder;  // of the highest generation, when it can be read
};

}  // namespace segue
