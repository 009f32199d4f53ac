// Who holds a host's lock, as seen from here: whether he lives, whether the lock is one of ours,
// and whether it may be taken over. Read from facts; nothing is asked.
#pragma once
#include "segue/app/app.hpp"
#include "segue/model/host_facts.hpp"
#include "segue/model/lock_facts.hpp"

#include <string>
#include <vector>

namespace segue {

// Of leases: everything but manual locks. Hundredths of a second, as the host's clock counts.
inline constexpr long long kLease = 60'000;  // ten minutes

// Of one attempt to take a lock; whoever tries again after he gave it up needs another.
std::string new_lock_id();

LockHolder make_holder(const std::string& kind, const std::string& who, const std::string& message);

// The manual locks that this user, or this CI run, has taken: their ids are kept in the user's
// state folder until they are released, and $SEGUE_LOCK names one of another machine.
class OwnLocks {
 public:
  explicit OwnLocks(Files& files) : files_(files) {}

  bool has(const std::string& project, const LockHolder& holder) const;
  std::vector<std::string> ids(const std::string& project) const;
  Result<> add(const std::string& project, const std::string& id);
  void forget(const std::string& project, const std::string& id);

 private:
  Files& files_;
};

enum class Owner { alive, dead, expired, elsewhere };
std::string to_string(Owner owner);

// What stands in the way of taking a lock.
struct Holding {
  bool held = false;
  bool over = false;     // nobody holds it any more: it may be taken at once
  bool ours = false;     // a manual lock of ours, and nobody else is at work under it
  LockHolder holder;     // who is in the way, or was
  bool is_known = true;  // false: the holder's file can't be read
  Owner owner = Owner::elsewhere;
  std::string manual;           // text of the manual lock that has to be put back; empty: none
  long long seconds_left = -1;  // of the lease; -1: until it is released
};
Holding holding_of(const HostFacts& facts, const std::string& project, const OwnLocks& own);

// "held by ana@laptop since 2026-11-21T04:17:30Z: deploying v2"
std::string describe(const LockHolder& holder);
std::string describe(const Holding& holding);

}  // namespace segue
