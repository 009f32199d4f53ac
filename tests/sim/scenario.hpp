// The story that all faults strike: version 1 serves, another one is deployed, and things happen on
// the way. Or version 2 serves, and it goes back to version 1. What has to hold then is said here,
// once.
//   Scenario scenario({"one, two", "rollback"});
//   const std::vector<std::string> wrong = scenario.run({"v2", {{17, &fault_named("Ctrl-C")}}});
#pragma once
#include "faults.hpp"
#include "world.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sim {

struct Setting {
  std::string hosts = "one, two";
  std::string on_failure = "rollback";
  bool back = false;    // the attempt is a rollback, to v1
  std::string first{};  // a version that was deployed before version 1
  int retain = 3;
};

struct Strike {
  int event = 1;
  const KindOfFault* fault = nullptr;
  std::string call{};  // of the engine: then it strikes before the first one with this text
};

// What is deployed (v1 by a rollback), and what happens to that. Version v9 never gets healthy on
// host two, `bad` nowhere.
struct Attempt {
  std::string version = "v2";
  std::vector<Strike> strikes{};
  unsigned long long seed = 1;
  bool moved = false;  // the next deploy comes from another machine
};

class Scenario {
 public:
  // Throws when what comes before the fault does not succeed.
  explicit Scenario(Setting setting);

  // The attempt, and then one more deploy, of v2, which nothing disturbs. Returns all that must not
  // be; then story() tells how it came to that.
  std::vector<std::string> run(const Attempt& attempt);
  const std::string& story() const { return story_; }
  int events() const { return events_; }  // of an attempt without a fault
  // How the attempt ended, before the deploy that followed it: "1 | v1 | shop-web shop-worker", as
  // in tests/support/scenarios.
  const std::string& outcome() const { return outcome_; }

  World world;

 private:
  std::map<std::string, std::string> images_on(const Host& host) const;
  std::vector<std::string> not_at_rest(const Host& host) const;
  std::vector<std::string> not_deployed(const std::string& version) const;
  void judge(const Attempt& attempt, const ClientEnd& end, std::vector<std::string>& wrong) const;
  void judge_claims(const Attempt& attempt, const ClientEnd& end,
                    std::vector<std::string>& wrong) const;
  std::string outcome_of(const ClientEnd& end);
  Microseconds deadlines() const;  // the sum of those of a deploy
  bool takes_part(const Host& host) const;
  // What serves before the attempt, and where the attempt leads.
  std::string former() const { return setting_.back ? "v2" : "v1"; }
  std::string target(const Attempt& attempt) const {
    return setting_.back ? "v1" : attempt.version;
  }
  ClientEnd deploy(const std::string& version);
  ClientEnd attempt(const std::string& version);
  ClientEnd play(const std::string& what, const std::function<segue::ExitStatus(segue::App&)>& use);

  Setting setting_;
  std::string story_;
  std::string outcome_;
  int events_ = 0;
};

}  // namespace sim
