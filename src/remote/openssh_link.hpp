// One host through the system's ssh: one OpensshMaster, and up to kMostChannels scripts side by
// side through it. Logs in when the first script comes or is announced, and again when the
// connection has been lost. The same outcomes as those of SshLink.
#pragma once
#include "connect_gate.hpp"
#include "host_link.hpp"
#include "key_ring.hpp"
#include "openssh_forward.hpp"
#include "openssh_master.hpp"
#include "openssh_script.hpp"
#include "registry_door.hpp"
#include "runtime_folder.hpp"

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <set>

namespace segue {

class OpensshLink : public HostLink {
 public:
  struct Surroundings {
    ConnectGate& gate;
    RuntimeFolder& folder;
    KeyRing& ring;
    std::vector<TransportEvent>& events;
  };

  // `before` is why another transport could not log in: told where this one knows no better.
  OpensshLink(const Endpoint& endpoint, Surroundings surroundings,
              std::optional<Error> before = std::nullopt);
  ~OpensshLink() override;
  OpensshLink(const OpensshLink&) = delete;
  OpensshLink& operator=(const OpensshLink&) = delete;

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

 private:
  struct Waiting {
    Ticket ticket;
    std::string script;
    DataReader data;
  };

  void log_in(TimePoint now);
  void leave_gate();
  void run_scripts(TimePoint now);
  bool advance_script(OpensshScript& script, TimePoint now);
  void start_next();
  void wait_for_room(OpensshScript& script);
  void refuse_all(const Error& error);
  void report(Ticket ticket, Outcome outcome);

  const Endpoint& endpoint_;
  Surroundings surroundings_;
  std::optional<Error> before_;
  std::deque<Waiting> waiting_;
  std::set<Ticket> tried_again_;  // were refused a session once
  std::unique_ptr<OpensshMaster> master_;
  std::unique_ptr<RegistryDoor> door_;
  std::unique_ptr<OpensshForward> forward_;  // of the master
  std::list<std::unique_ptr<OpensshScript>> scripts_;
  std::list<ChildProcess> abandoned_;  // still to be waited for; each has a session of the server
  size_t script_limit_;
  bool inside_gate_ = false;
  bool wanted_ = false;  // a script was announced
  bool busy_ = false;
};

}  // namespace segue
