// Runs scripts on hosts, without blocking, many at once, from one poll loop. What a script is made
// of and what its output means is not known here: bytes in, bytes out (segue/script reads them).
//
// A script travels whole on the standard input of `/bin/sh` and nothing else does, but for one that
// was made to read data (Script::reads_data), which follows it there. Both of its output streams
// arrive as one.
//   transport.start(Ticket{1}, "web-1", text);
//   while (running) { events.clear(); transport.poll(deadline, events); ... }
#pragma once
#include "segue/base/duration.hpp"
#include "segue/base/result.hpp"
#include "segue/remote/data_reader.hpp"
#include "segue/remote/registry_loan.hpp"
#include "segue/script/outcome.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace segue {

struct Ticket {
  int number = 0;
  bool operator==(const Ticket&) const = default;
  auto operator<=>(const Ticket&) const = default;
};

struct Output {
  std::string bytes;
};

struct TransportEvent {
  Ticket ticket;
  std::string host;
  std::variant<Output, Outcome> what;  // exactly one Outcome per ticket, and it comes last
};

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // Connects first where that has not happened yet. The outcome arrives as an event, also when the
  // host is unknown or unreachable. The data is what the script is given to read besides itself.
  virtual void start(Ticket ticket, const std::string& host, std::string script,
                     DataReader data) = 0;
  void start(Ticket ticket, const std::string& host, std::string script) {
    start(ticket, host, std::move(script), nullptr);
  }

  // A script for this host will follow: connects, and has a shell waiting for it, as each step of
  // that costs a round trip. Whether it works is seen when the script comes.
  virtual void prepare(const std::string& /*host*/) {}

  // Stops listening. The script on the host goes on; the ticket's outcome is Lost.
  virtual void cancel(Ticket ticket) = 0;

  // Lends a registry of this machine, or some images, to the host, until it is taken back: it then
  // answers on a port of the host's own 127.0.0.1, which is the value. Nothing while that is being
  // arranged: ask again after poll(). Code::failed where the host allows no such thing. Natively
  // only to endpoints that were made with `lends`.
  virtual std::optional<Result<int>> lend(const std::string& /*host*/,
                                          const RegistryLoan& /*loan*/) {
    return fail(Code::failed, "nothing can be lent to it");
  }
  // How many bytes have gone that way, until it is taken back.
  virtual unsigned long long bytes_lent(const std::string& /*host*/) { return 0; }
  virtual void take_back(const std::string& /*host*/) {}

  // Waits until something happened or the deadline passed, whatever comes first, and appends what
  // did. Returns early, maybe with no event, when a signal arrived.
  virtual void poll(TimePoint deadline, std::vector<TransportEvent>& events) = 0;

  // The clock that deadlines are read from.
  virtual TimePoint now() const { return Clock::now(); }
};

}  // namespace segue
