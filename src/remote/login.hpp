// Everything from a name to a session that may run commands: effective settings, connection,
// handshake, host key, authentication. Never blocks; ends with a session or with one Error.
//   Login login(endpoint, {resolver, ring, configs, known_hosts}, now);
//   TRY_ASSIGN(const bool done, login.advance(now));  if (done) use(login.take_session());
#pragma once
#include "authenticator.hpp"
#include "client_configs.hpp"
#include "connector.hpp"
#include "known_hosts_files.hpp"
#include "passage.hpp"
#include "ssh_session.hpp"

#include "segue/os/child_process.hpp"
#include "segue/os/resolver.hpp"
#include "segue/remote/endpoint.hpp"

#include <memory>

namespace segue {

class JumpHosts;

class Login {
 public:
  // What all logins of a run share.
  struct Surroundings {
    Resolver& resolver;
    KeyRing& ring;
    ClientConfigs& configs;
    KnownHostsFiles& known_hosts;
    JumpHosts& jump_hosts;
  };

  Login(const Endpoint& endpoint, Surroundings surroundings, TimePoint now);
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;
  ~Login();

  // True: logged in. Gives up by itself when the endpoint's connect_timeout is over.
  Result<bool> advance(TimePoint now);
  TimePoint next_deadline() const;
  void add_waits(std::vector<pollfd>& waits) const;

  std::string_view phase_text() const;

  std::unique_ptr<SshSession> take_session();
  const HostSettings& settings() const { return *settings_; }

  // After an error: why the system's ssh may get further; empty: it would not, or must not be
  // asked.
  const std::string& reason_for_openssh() const { return reason_for_openssh_; }
  bool was_refused() const {
    return phase_ == Phase::authenticating || (passage_ && passage_->refused);
  }
  // The way through jump hosts; null: there are none.
  std::shared_ptr<const PassageState> passage() const { return passage_; }

 private:
  enum class Phase { beginning, settings, connecting, retrying, handshake, authenticating };

  Result<bool> step(TimePoint now);
  Result<> begin(TimePoint now);
  Result<> read_settings(TimePoint now);
  Result<> use_settings(HostSettings settings, TimePoint now);
  Result<> set_out(TimePoint now);
  Result<> connect(TimePoint now);
  Result<> begin_session(Fd socket);
  Error problem_of_passage(const Error& error);
  Result<> shake_hands(TimePoint now);
  Result<> failed_handshake(int number, TimePoint now);
  Result<> check_host_key();
  Result<> store_host_key(const std::string& key);
  std::string only_openssh() const;
  TimePoint deadline() const;

  const Endpoint& endpoint_;
  Surroundings surroundings_;
  TimePoint deadline_;
  Duration asked_before_;
  Phase phase_ = Phase::beginning;
  std::unique_ptr<ChildProcess> query_;  // `ssh -G`
  TimePoint look_at_;                    // when to look again whether it has ended
  std::string query_output_;
  std::string query_errors_;
  std::unique_ptr<HostSettings> settings_ = std::make_unique<HostSettings>();
  std::shared_ptr<const KnownHosts> known_hosts_;
  std::unique_ptr<Connector> connector_;
  std::shared_ptr<const PassageState> passage_;
  std::unique_ptr<SshSession> session_;
  std::unique_ptr<Authenticator> authenticator_;
  std::string reason_for_openssh_;
  int attempts_ = 0;
  TimePoint retry_at_ = TimePoint::max();
};

}  // namespace segue
