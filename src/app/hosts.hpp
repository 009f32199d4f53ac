// The hosts of a project in one conversation: asks them for facts, takes and releases their locks,
// runs scripts on all of them at once. Whatever it holds when it ends is released.
#pragma once
#include "project.hpp"
#include "script_runner.hpp"

#include "segue/model/lock_facts.hpp"
#include "segue/remote/host_transport.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segue {

class Hosts {
 public:
  Hosts(App& app, Project& project);

  struct Ask {
    std::optional<LockHolder> lock;  // to be taken on the first host, with the same script
    bool end_scripts = false;
  };
  // Facts of every host that takes part. Errors of all hosts come together, each with its host.
  // What the hosts told of our lock is kept.
  std::map<std::string, Result<HostFacts>> facts(const Ask& ask);

  // Runs one script per host, all at once, to their ends. Code::interrupted when a signal came.
  Result<std::map<std::string, ScriptEnded>> run(const std::map<std::string, Script>& scripts);

  // Takes the lock where it is free or its owner is dead; where somebody holds it: an error that
  // says who, and nothing is held afterwards. The facts are those of a moment ago.
  Result<> lock(const std::map<std::string, HostFacts>& facts, const LockHolder& holder);
  void unlock(const std::map<std::string, HostFacts>& facts);
  const std::map<std::string, int>& generations() const { return generations_; }
  void forget_locks() { generations_.clear(); }  // the rollout has released them

  // From now on hosts are asked for these images by their ids: host -> reference -> id.
  void use_images(std::map<std::string, std::map<std::string, std::string>> image_ids) {
    image_ids_ = std::move(image_ids);
  }

  FactsRequest facts_request(const std::string& host) const;
  ScriptRunner& runner() { return runner_; }

 private:
  App& app_;
  Project& project_;
  HostTransport transport_;
  ScriptRunner runner_;
  std::map<std::string, int> generations_;
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

LockHolder make_holder(const std::string& kind, const std::string& who, const std::string& message);

enum class Owner { alive, dead, elsewhere };
Owner owner_of(const LockHolder& holder, const std::string& host_boot_id);
std::string to_string(Owner owner);

// "held by ana@laptop since 2026-11-21T04:17:30Z: deploying v2"
std::string describe(const LockHolder& holder);

}  // namespace segue
