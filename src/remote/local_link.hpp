// Runs scripts in /bin/sh of this machine, each in a session of its own.
#pragma once
#include "host_link.hpp"

#include "segue/os/child_process.hpp"
#include "segue/remote/endpoint.hpp"

#include <list>

namespace segue {

class LocalLink : public HostLink {
 public:
  LocalLink(const Endpoint& endpoint, std::vector<TransportEvent>& events)
      : endpoint_(endpoint), events_(events) {}

  void start(Ticket ticket, std::string script, DataReader data) override;
  void cancel(Ticket ticket) override;
  void advance(TimePoint now) override;
  TimePoint next_deadline() const override;
  void add_waits(std::vector<pollfd>& waits) const override;

 private:
  struct Script {
    Ticket ticket;
    std::string text;  // what is being sent: the script, then pieces of the data
    DataReader data;
    ChildProcess child;
    size_t sent = 0;
    TimePoint last_sign_of_life;
  };
  void send(Script& script, TimePoint now);
  bool receive(Script& script, TimePoint now);
  bool advance_one(Script& script, TimePoint now);
  void report(Ticket ticket, Outcome outcome);

  const Endpoint& endpoint_;
  std::vector<TransportEvent>& events_;
  std::list<Script> scripts_;
  std::list<ChildProcess> abandoned_;  // still to be waited for, else they stay as zombies
  TimePoint next_look_ = TimePoint::max();
};

}  // namespace segue
