// Says once of everything that lasts longer than five seconds that it is still going on, so that
// nobody has to guess what a command waits for. Connections are told of by the transport.
//   QuietWaits waits(reporter);
//   waits.heard(report, now);             // steps: those that begin and end
//   TimePoint next = waits.tell(now);     // "web-1: still at "drain green" after 5 s"
#pragma once
#include "segue/base/duration.hpp"
#include "segue/ui/reporter.hpp"

#include <map>
#include <string>

namespace segue {

class QuietWaits {
 public:
  explicit QuietWaits(Reporter& reporter) : reporter_(reporter) {}

  // One wait per host; another takes its place.
  void begin(const std::string& host, const std::string& what, TimePoint now);
  void end(const std::string& host) { waits_.erase(host); }
  void heard(const Report& report, TimePoint now);

  // Returns when it has to be asked again.
  TimePoint tell(TimePoint now);

 private:
  struct Wait {
    std::string what;
    TimePoint since;
    bool told = false;
  };
  Reporter& reporter_;
  std::map<std::string, Wait> waits_;
};

}  // namespace segue
