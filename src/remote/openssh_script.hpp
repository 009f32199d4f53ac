// One script through the connection of an OpensshMaster: a `ssh` that gives its own streams to the
// master and tells how it ended. The script is held back until the login shell has shown that it
// runs commands, so before that nothing can have happened on the host.
//
// ssh ends with 255 for its own failures, and with the host's status else, which may be 255 too:
// that is Lost here, and the script's own last line tells.
#pragma once
#include "login_noise.hpp"

#include "segue/os/child_process.hpp"
#include "segue/remote/endpoint.hpp"
#include "segue/remote/transport.hpp"

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace segue {

class OpensshScript {
 public:
  static Result<std::unique_ptr<OpensshScript>> start(const Endpoint& endpoint,
                                                      const std::string& socket, Ticket ticket,
                                                      std::string script, DataReader data);

  struct Progress {
    std::string output;
    std::optional<Outcome> outcome;
    bool refused = false;  // the master opened no session; no outcome is given
    bool busy = false;     // there is more to do without waiting
  };
  Progress advance(TimePoint now);

  Ticket ticket() const { return ticket_; }
  std::string take_script() { return std::move(script_); }
  DataReader take_data() { return std::move(data_); }
  const std::string& said() const { return errors_; }  // by ssh itself, when it was refused

  TimePoint last_sign_of_life() const { return last_sign_of_life_; }
  TimePoint next_look() const { return next_look_; }
  void add_waits(std::vector<pollfd>& waits) const;
  // What is left of it when nobody listens any more; it ends by itself.
  ChildProcess abandon();

 private:
  OpensshScript() = default;
  void send(TimePoint now);
  bool receive(TimePoint now, std::string& output);
  void end(const ProcessEnd& end, Progress& progress) const;

  const Endpoint* endpoint_ = nullptr;
  Ticket ticket_;
  std::string script_;
  size_t sent_ = 0;
  DataReader data_;
  std::string piece_;
  size_t piece_sent_ = 0;
  bool more_to_send_ = false;
  LoginNoise noise_;
  std::string errors_;
  ChildProcess child_;
  TimePoint last_sign_of_life_;
  TimePoint next_look_ = TimePoint::max();
};

}  // namespace segue
