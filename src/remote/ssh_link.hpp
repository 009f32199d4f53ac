// One host over SSH: logs in when the first script comes or is announced, runs up to kMostChannels
// side by side, opens one channel at a time, has a spare one for an announced script, and logs in
// again when the connection has been lost.
#pragma once
#include "connect_gate.hpp"
#include "host_link.hpp"
#include "lent_port.hpp"
#include "login.hpp"
#include "passage.hpp"
#include "script_channel.hpp"
#include "signs_of_life.hpp"

#include "segue/remote/endpoint.hpp"

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace segue {

class SshLink : public HostLink {
 public:
  struct Surroundings {
    Login::Surroundings login;
    ConnectGate& gate;
    std::vector<TransportEvent>& events;
  };
  struct Waiting {
    Ticket ticket;
    std::string script;
    DataReader data;
  };
  // Why the login failed, and what waited for it: for another transport, which may get further.
  struct GivenUp {
    Error error;
    std::string reason;
    bool refused = false;  // after the server was asked about keys
    std::deque<Waiting> waiting;
    bool announced = false;  // a script will follow
  };

  SshLink(const Endpoint& endpoint, Surroundings surroundings);

  void start(Ticket ticket, std::string script, DataReader data) override;
  void prepare() override;
  void cancel(Ticket ticket) override;
  std::optional<Result<int>> lend(const RegistryLoan& loan, RuntimeFolder& folder) override;
  unsigned long long bytes_lent() const override { return door_ ? door_->sent() : 0; }
  void take_back() override;
  std::string_view preparing() const override;
  void advance(TimePoint now) override;
  TimePoint next_deadline() const override;
  void add_waits(std::vector<pollfd>& waits) const override;

  // From now on a login that the system's ssh may mend is not reported, but kept here.
  void give_up_to_openssh() { gives_up_ = true; }
  std::optional<GivenUp> take_given_up() { return std::exchange(given_up_, std::nullopt); }

 private:
  void log_in(TimePoint now);
  void run_channels(TimePoint now);
  bool advance_lent_port(TimePoint now);
  ScriptChannel* amid_packet() const;
  bool is_opening() const;
  void open_next();
  void open_spare();
  void advance_spare(TimePoint now);
  void advance_channel(ScriptChannel& channel, TimePoint now);
  void wait_for_room(ScriptChannel& channel);
  void stop_silent(ScriptChannel& channel, TimePoint now);
  void retire(std::unique_ptr<ScriptChannel> channel);
  bool is_full_of_abandoned() const;
  void drop_session();
  void connection_lost(const std::string& seen);
  void refuse_all(const Error& error);
  void report(Ticket ticket, Outcome outcome);

  const Endpoint& endpoint_;
  Surroundings surroundings_;
  std::deque<Waiting> waiting_;
  std::set<Ticket> tried_again_;  // lost their connection once before anything was sent
  std::unique_ptr<Login> login_;
  HostSettings settings_;
  std::unique_ptr<SshSession> session_;
  std::shared_ptr<const PassageState> passage_;  // of the session, through jump hosts
  std::list<std::unique_ptr<ScriptChannel>> channels_;
  std::unique_ptr<ScriptChannel> spare_;  // its shell waits for the next script
  std::unique_ptr<ScriptChannel> ear_;    // the last finished one: reads what comes between scripts
  std::unique_ptr<RegistryDoor> door_;
  std::unique_ptr<LentPort> lent_port_;
  size_t channel_limit_ = kMostChannels;
  bool shell_is_proven_ = false;
  bool wants_spare_ = false;
  bool gives_up_ = false;
  std::optional<GivenUp> given_up_;
  bool broken_ = false;
  bool busy_ = false;  // there is more to do without waiting
  SignsOfLife signs_;
};

}  // namespace segue
