// The releases of a project as its hosts remember them, put together. Every host of a release has
// its record; where hosts disagree, that is kept to be shown. A release that succeeded on any host
// did succeed: its first such record is the point of no return.
//   const History known = read_history(facts);
//   TRY_ASSIGN(const ReleaseRecord target, find_release(known, "41"));
#pragma once
#include "segue/base/result.hpp"
#include "segue/host/record.hpp"
#include "segue/model/host_facts.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

inline constexpr int kRememberedReleases = 30;  // the newest, as many as facts_script tells

struct KnownRelease {
  ReleaseRecord record;
  std::map<std::string, ReleaseStatus> hosts;  // what each host's record says
  std::vector<std::string> missing;            // hosts of the release that have no record of it
};

struct History {
  std::vector<KnownRelease> releases;   // newest first
  std::vector<std::string> unreadable;  // "web-1: 4-v2-bb22"

  // What runs now, as far as records know: the newest that succeeded, at least in part.
  const KnownRelease* live() const;
};

History read_history(const std::map<std::string, HostFacts>& facts);

// By its id, its number, or its version (the newest of that version), whatever became of it.
// Else an error of code usage that lists those there are.
Result<ReleaseRecord> find_release(const History& history, const std::string& name);

// What a rollback goes to: the named one if it has succeeded, and without a name the newest that
// has succeeded before what runs now. Who rolls back twice goes back two releases.
Result<ReleaseRecord> rollback_target(const History& history, const std::string& name);

}  // namespace segue
