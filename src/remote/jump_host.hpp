// One jump host: the session with it, made when somebody first goes through it and again after it
// was lost, and the ways through it, each a channel of that session. Never blocks.
//   JumpHost jump_host(endpoint, surroundings);
//   Passage passage = TRY(jump_host.passage(settings_of_the_host_behind));
#pragma once
#include "login.hpp"
#include "passage.hpp"
#include "signs_of_life.hpp"
#include "tunnel.hpp"

#include "segue/remote/endpoint.hpp"

#include <list>
#include <memory>

namespace segue {

class JumpHost {
 public:
  JumpHost(Endpoint endpoint, Login::Surroundings surroundings)
      : endpoint_(std::move(endpoint)), surroundings_(surroundings) {}
  JumpHost(const JumpHost&) = delete;
  JumpHost& operator=(const JumpHost&) = delete;
  ~JumpHost() = default;

  Result<Passage> passage(const HostSettings& to, TimePoint now);
  bool has_room() const { return tunnels_.size() < kMostPassages; }

  void advance(TimePoint now);
  TimePoint next_deadline() const;
  void add_waits(std::vector<pollfd>& waits) const;

 private:
  struct Failure {
    Error error;
    std::string reason_for_openssh;
    bool refused = false;
    TimePoint forget_at;
  };

  void log_in(TimePoint now);
  void fail_login(const Error& error, const Login& login, TimePoint now);
  void refuse(PassageState& state, const Failure& failure) const;
  void run_tunnels(TimePoint now);
  bool run_round();
  bool step(Tunnel& tunnel, bool listen);
  void begin_next(TimePoint now);
  bool is_opening() const;
  bool is_listening() const;  // one of them reads what arrives for the session
  void connection_lost(const std::string& why);
  void remove_finished();

  Endpoint endpoint_;
  Login::Surroundings surroundings_;
  std::unique_ptr<Login> login_;
  std::unique_ptr<SshSession> session_;
  SignsOfLife signs_;
  std::list<Tunnel> tunnels_;  // those that wait for their turn in the order of it
  Tunnel* stuck_ = nullptr;    // has to be advanced first
  bool broken_ = false;
  bool busy_ = false;  // there is more to do without waiting
  std::optional<Failure> failure_;
};

}  // namespace segue
