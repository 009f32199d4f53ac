// The way to a host through a jump host, as the one who goes it sees it: a connected socket, which
// can be written to at once, and how far the way has come. What ends it closes the socket.
//   TRY_ASSIGN(Passage passage, jump_hosts.passage(endpoint, settings));
//   session = SshSession::create(std::move(passage.socket), ...);
#pragma once
#include "segue/base/duration.hpp"
#include "segue/base/error.hpp"
#include "segue/os/fd.hpp"

#include <memory>
#include <optional>
#include <string>

namespace segue {

// Written by the jump host, read by who goes through it.
struct PassageState {
  std::string waits_for;                 // "logging in to ..."; empty: the way is open
  TimePoint opening = TimePoint::max();  // since when the jump host has been connecting to the host
  std::optional<Error> problem;          // why it was never open
  std::string reason_for_openssh;        // with a problem: why the system's ssh may get further
  bool refused = false;                  // with a problem: the jump host accepts no key
  std::string lost;                      // why it is no longer open, if the jump host is to blame
};

struct Passage {
  Fd socket;
  std::shared_ptr<const PassageState> state;
};

}  // namespace segue
