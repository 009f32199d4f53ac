// A port of the host's own 127.0.0.1 that the master of the system's ssh leads to a socket of this
// machine (ssh -O forward -R).
//   OpensshForward forward(endpoint, master.socket(), "/run/.../door");  forward.advance(now);
#pragma once
#include "segue/base/duration.hpp"
#include "segue/base/result.hpp"
#include "segue/os/child_process.hpp"
#include "segue/remote/endpoint.hpp"

#include <optional>
#include <string>

namespace segue {

class OpensshForward {
 public:
  OpensshForward(const Endpoint& endpoint, std::string master, std::string door, TimePoint now);

  void advance(TimePoint now);
  TimePoint next_look() const { return child_ ? look_at_ : TimePoint::max(); }

  // Nothing while ssh has not answered. Code::failed where the host lends no port.
  const std::optional<Result<int>>& number() const { return number_; }
  void close();  // and does not wait for that

 private:
  Result<> ask(const std::string& what);

  const Endpoint& endpoint_;
  std::string master_;
  std::string door_;
  std::optional<ChildProcess> child_;
  std::string said_;
  std::optional<Result<int>> number_;
  TimePoint deadline_;
  TimePoint look_at_;
};

}  // namespace segue
