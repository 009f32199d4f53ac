// What a `ssh -v` that could not log in has written down, as the errors of remote_errors.hpp.
//   const OpensshFailure failure = read_openssh_failure(endpoint, log);
#pragma once
#include "segue/base/error.hpp"
#include "segue/remote/endpoint.hpp"

#include <string_view>

namespace segue {

struct OpensshFailure {
  enum class Kind {
    refused_keys,  // the server knows none of our keys
    dropped,       // before the greeting, which may be chance: MaxStartups
    other
  };
  Kind kind = Kind::other;
  Error error;
};

OpensshFailure read_openssh_failure(const Endpoint& endpoint, std::string_view log);

}  // namespace segue
