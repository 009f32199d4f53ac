// The exit statuses of the program. Documented in docs/exit-codes.md; nothing else may be returned.
#pragma once
#include "segue/base/error.hpp"

namespace segue {

enum class ExitStatus : int {
  done = 0,           // done, or nothing to do
  failed = 1,         // failed, everything is as before
  usage = 2,          // usage or configuration
  lock_held = 3,      // lock held by someone else
  unreachable = 4,    // a host could not be reached, nothing was changed
  partial = 5,        // partly applied: the summary says what is where
  changes = 10,       // `plan` found changes
  internal = 70,      // internal error
  interrupted = 130,  // interrupted, everything is as before
};

ExitStatus exit_status_of(Code code);

}  // namespace segue
