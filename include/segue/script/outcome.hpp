// How a script on a host ended, as the transport saw it. Lost means that we do not know: it may
// have run to its end, still be running, or never have started. It is never taken for success.
#pragma once
#include "segue/base/error.hpp"

#include <string>
#include <variant>

namespace segue {

struct NotStarted {  // nothing ran on the host: it could not be reached, or refused us
  Error error;
};
struct Exited {
  int status = 0;
};
struct Signaled {
  std::string name;  // "KILL", without SIG
};
struct Lost {
  std::string why;
};
using Outcome = std::variant<NotStarted, Exited, Signaled, Lost>;

}  // namespace segue
