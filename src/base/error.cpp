#include "segue/base/error.hpp"

#include "segue/base/exit_status.hpp"

namespace segue {

std::string to_string(const Error& error) {
  std::string text;
  for (auto it = error.context.rbegin(); it != error.context.rend(); ++it) text += *it + ": ";
  return text + error.what;
}

ExitStatus exit_status_of(Code code) {
  switch (code) {
    case Code::failed:
      return ExitStatus::failed;
    case Code::usage:
      return ExitStatus::usage;
    case Code::lock_held:
      return ExitStatus::lock_held;
    case Code::unreachable:
      return ExitStatus::unreachable;
    case Code::partial:
    case Code::lost:
      return ExitStatus::partial;
    case Code::interrupted:
      return ExitStatus::interrupted;
    case Code::internal:
      return ExitStatus::internal;
  }
  return ExitStatus::internal;
}

}  // namespace segue
