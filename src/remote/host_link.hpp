// One host as the transport sees it: scripts go in, events come out, and between two turns it names
// what it waits for. There are two: this machine's shell (LocalLink) and SSH (SshLink).
#pragma once
#include "runtime_folder.hpp"

#include "segue/base/duration.hpp"
#include "segue/remote/transport.hpp"

#include <poll.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

class HostLink {
 public:
  HostLink() = default;
  HostLink(const HostLink&) = delete;
  HostLink& operator=(const HostLink&) = delete;
  virtual ~HostLink() = default;

  virtual void start(Ticket ticket, std::string script, DataReader data) = 0;

  // A script will follow soon.
  virtual void prepare() {}

  // Adds the ticket's last event if it is one of this host's and still open.
  virtual void cancel(Ticket ticket) = 0;

  // As those of Transport; the folder is for sockets.
  virtual std::optional<Result<int>> lend(const RegistryLoan& /*loan*/, RuntimeFolder& /*folder*/) {
    return fail(Code::failed, "nothing can be lent to it");
  }
  virtual unsigned long long bytes_lent() const { return 0; }
  virtual void take_back() {}

  // What it does before any script can run, such as "connecting"; empty: nothing.
  virtual std::string_view preparing() const { return {}; }

  // Does all that is possible without waiting.
  virtual void advance(TimePoint now) = 0;

  // When advance() is to be called at the latest; in the past: at once.
  virtual TimePoint next_deadline() const = 0;
  virtual void add_waits(std::vector<pollfd>& waits) const = 0;
};

}  // namespace segue
