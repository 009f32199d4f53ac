// An error as a value: what is wrong, what to do about it, where it happened, and which exit
// status it leads to. `what` is a fact, `hint` the next action for a person; `context` is added on
// the way up, innermost first.
//   return tl::unexpected(Error{Code::unreachable, "connection refused", "is sshd running?"});
#pragma once
#include "segue/base/source_span.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

// Why something failed. Each code leads to one exit status (exit_status.hpp).
enum class Code {
  failed,       // it was tried and did not work; everything is as before
  usage,        // the command line or the configuration is wrong
  lock_held,    // somebody else holds the lock
  unreachable,  // a host could not be reached, nothing was changed
  partial,      // partly applied; the summary says what is where
  interrupted,  // Ctrl-C, SIGTERM or SIGHUP; everything is as before
  lost,         // the outcome is unknown
  internal,     // a mistake of ours
};

struct Error {
  Code code = Code::failed;
  std::string what;
  std::string hint;
  std::vector<std::string> context;
  std::optional<SourceSpan> at;

  Error& in(std::string where) & {
    context.push_back(std::move(where));
    return *this;
  }
  Error&& in(std::string where) && {
    context.push_back(std::move(where));
    return std::move(*this);
  }
};

// "on web-1: pulling image: no space left on device", outermost context first, without the hint.
std::string to_string(const Error& error);

}  // namespace segue
