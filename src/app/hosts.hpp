// The hosts of a project in one conversation: asks them for facts, takes and releases their locks,
// runs scripts on all of them at once. Whatever it holds when it ends is released.
#pragma once
#include "lock_owner.hpp"
#include "project.hpp"
#include "script_runner.hpp"

#include "segue/model/lock_facts.hpp"
#include "segue/remote/transport.hpp"
#include "segue/ui/quiet_waits.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace segue {

class Hosts {
 public:
  Hosts(App& app, Project& project);
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;
  ~Hosts() = default;

  struct Ask {
    std::optional<LockHolder> lock{};  // to be taken on the first host, with the same script
    bool end_scripts = false;
    bool everywhere = false;  // take it on every host at once
    bool only_lock = false;   // nothing else is asked: the facts hold little more than it
    bool recorded = false;    // what any recorded release needs is looked for, not deploy.yml's
    bool retention = false;   // and who has its image, where that is asked for
    std::vector<std::string> release{};  // ids of holders whose locks are released at once
    std::optional<AuditEntry> audit{};   // written where a lock was taken, or released
  };
  // Facts of every host that takes part. Errors of all hosts come together, each with its host.
  // What the hosts told of our lock is kept.
  std::map<std::string, Result<HostFacts>> facts(const Ask& ask);

  // Runs one script per host, all at once, to their ends. Code::interrupted when a signal came.
  Result<std::map<std::string, ScriptEnded>> run(const std::map<std::string, Script>& scripts);

  // One script after another per host, all hosts at once; each with the data that it is given, or
  // with what it fetches itself meanwhile. What fails ends its host's row. Code::interrupted as
  // above.
  struct Sending {
    std::function<DataReader()> data;
    std::string title;  // for people
    Script script;
    unsigned long long size = 0;  // bytes of the data; 0: how far it has come is not told
    std::function<unsigned long long()> fetched = nullptr;  // how many bytes, so far
    std::function<void()> done = nullptr;  // when its script has ended, however it did
  };
  Result<std::vector<ScriptEnded>> send(std::map<std::string, std::vector<Sending>> rows);

  // Takes the lock where it is free, its owner is dead, its lease is over, or it is a manual one of
  // ours; with `force`, wherever it is held. Else an error that says who, and nothing is held
  // afterwards. The facts are those of a moment ago. The audit entry is written where a lock is
  // taken here.
  Result<> lock(const std::map<std::string, HostFacts>& facts, const LockHolder& holder,
                bool force = false, const std::optional<AuditEntry>& audit = std::nullopt);
  // The audit entry is written where a lock was ours. Where the line was lost, or Ctrl-C came,
  // before a host could tell whether we got its lock, it is released if it is ours.
  void unlock(const std::map<std::string, HostFacts>& facts,
              const std::optional<AuditEntry>& audit = std::nullopt);
  // Waits until nobody is in the way any more, and says who is; done as well at the deadline.
  Result<> await_lock(TimePoint deadline);
  // Nothing runs meanwhile; a signal ends it.
  Result<> rest(Duration time);
  const std::map<std::string, std::string>& manual_locks() const { return manual_; }
  const OwnLocks& own_locks() const { return own_; }
  // Where a lock was released because `Ask::release` named its holder.
  const std::set<std::string>& released() const { return released_; }
  const std::map<std::string, int>& generations() const { return generations_; }
  // Who held the locks that were taken over; empty: nobody.
  const std::string& took_over() const { return took_over_; }
  void forget_locks() {
    generations_.clear();
    manual_.clear();
  }  // the rollout has released them

  // From now on hosts are asked for these images by their ids: host -> reference -> id.
  void use_images(std::map<std::string, std::map<std::string, std::string>> image_ids) {
    image_ids_ = std::move(image_ids);
  }

  // How a host is reached, for people; known once it was asked something.
  std::string way_to(const std::string& host) const;

  FactsRequest facts_request(const std::string& host) const;
  ScriptRunner& runner() { return runner_; }
  Transport& transport() { return *transport_; }

 private:
  struct Attempt {
    std::optional<Error> error;  // nothing: all locks are ours
    bool race = false;           // somebody else has taken one at this very moment
  };
  Result<Attempt> take(const std::map<std::string, HostFacts>& facts, const LockHolder& holder,
                       bool force, const std::optional<AuditEntry>& audit);
  Happened await(QuietWaits& waits, TimePoint deadline = TimePoint::max());
  Layout layout(const HostFacts& facts) const;
  void learn(const std::string& host, const ScriptEnded& end);
  void release_doubtful();
  TimePoint tell_fetched(const std::map<std::string, Sending>& current, TimePoint due);
  DataReader watched(const std::string& host, const Sending& sending);

  App& app_;
  Project& project_;
  std::map<std::string, std::vector<std::string>> ways_;  // by host, as they were told
  std::unique_ptr<Transport> transport_;
  ScriptRunner runner_;
  OwnLocks own_;
  std::set<std::string> released_;
  std::map<std::string, int> generations_;
  std::string took_over_;
  std::map<std::string, std::string> asked_;     // host -> id of ours that asked for its lock
  std::map<std::string, std::string> doubtful_;  // the same, where it may hold the lock
  std::map<std::string, std::string> manual_;    // under which ours were taken: to be put back
  std::map<std::string, std::map<std::string, std::string>> image_ids_;
};

// All facts, or one error for all hosts that have none: unreachable (4) when every failure is that.
Result<std::map<std::string, HostFacts>> all_or_error(
    App& app, std::map<std::string, Result<HostFacts>> answers);

// What a probe's end says: facts, or why there are none.
Result<HostFacts> facts_from(const std::string& host, const FactsRequest& request,
                             const ScriptEnded& ended, const ScriptReader& reader);

// Shows an error that has not been shown yet (those have no text) and gives its exit status.
ExitStatus told(App& app, const Error& error);

}  // namespace segue
