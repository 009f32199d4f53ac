// Runs scripts on hosts, one per host at a time, and reads what they say: the bridge between the
// transport's bytes and the rollout's events. The only loop of the program waits in here.
#pragma once
#include "segue/base/redactions.hpp"
#include "segue/plan/service_fields.hpp"
#include "segue/remote/transport.hpp"
#include "segue/rollout/rollout.hpp"
#include "segue/script/script_reader.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

struct Happened {
  std::vector<ScriptProgress> progress;
  std::vector<ScriptEnded> ended;
};

class ScriptRunner {
 public:
  ScriptRunner(Transport& transport, const SecretValues& secrets);

  // The data is for a script that reads some.
  void start(const std::string& host, const Script& script, DataReader data = nullptr);
  void prepare(const std::string& host) { transport_.prepare(host); }  // a script will follow
  void hide(const SecretValues& secrets);  // in all that hosts say; those of the project are
  void abandon(const std::string& host);
  bool idle() const { return running_.empty(); }

  TimePoint now() const { return transport_.now(); }
  // Returns when something happened, at the deadline, or when a signal arrived.
  Happened wait(TimePoint deadline);

  // The output reader of the last script that ended on a host: for parsers of facts.
  const ScriptReader& reader(const std::string& host) const { return ended_.at(host); }

 private:
  struct Running {
    std::string host;
    ScriptReader reader;
    std::vector<ScriptEvent> events;
    size_t sections = 0;
  };
  void collect(Running& running, Happened& happened);
  ScriptEvent redacted(ScriptEvent event) const;
  void end(Ticket ticket, Outcome outcome, Happened& happened);

  Transport& transport_;
  const SecretValues& secrets_;
  Redactions redactions_;
  std::map<Ticket, Running> running_;
  std::map<std::string, ScriptReader> ended_;
  int last_ticket_ = 0;
};

}  // namespace segue
