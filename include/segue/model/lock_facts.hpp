// Who may change a project on a host. The format of a holder file, written once by `ln` (atomic
// with its content) as lock/<generation>, is a line of JSON with these fields. What came later may
// be absent.
#pragma once
#include <optional>
#include <string>

namespace segue {

struct LockHolder {
  std::string id;       // random, known only to the holder
  std::string kind;     // "deploy", "rollback", "recover", "proxy reboot", "manual"
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
  std::string ci_run{};     // of which CI run it is; empty: of none
  std::string took_over{};  // who held it before and was not asked; empty: it was free
  // Of a deploy under a manual lock: the text of that one's file, put back when the deploy ends.
  std::string under{};
};

inline constexpr const char* kManualLock = "manual";

struct LockFacts {
  int generation = 0;  // highest ever taken; 0: never
  bool held = false;
  std::optional<LockHolder> holder;  // of the highest generation, when it can be read
  std::string text{};                // of its file
  long long renewed = 0;             // the host's uptime when a script of its owner said so last
};

}  // namespace segue
