// The one connection to a host that the system's ssh keeps for all of our scripts there
// (ssh_config: ControlMaster). Never blocks while it logs in. It goes into the background by itself
// once it is logged in; then it ends when it is told to, or some time after the last script when
// nobody is left to tell it.
//   OpensshMaster master(endpoint, folder, ring, now);
//   TRY_ASSIGN(const bool done, master.advance(now));  if (done) use(master.socket());
#pragma once
#include "lent_keys.hpp"

#include "segue/base/duration.hpp"
#include "segue/os/child_process.hpp"
#include "segue/remote/endpoint.hpp"

#include <poll.h>

#include <optional>
#include <string>
#include <vector>

namespace segue {

class OpensshMaster {
 public:
  OpensshMaster(const Endpoint& endpoint, const std::string& folder, KeyRing& ring, TimePoint now);
  OpensshMaster(const OpensshMaster&) = delete;
  OpensshMaster& operator=(const OpensshMaster&) = delete;
  ~OpensshMaster();  // ends it

  // True: logged in. Gives up by itself when the endpoint's connect_timeout is over.
  Result<bool> advance(TimePoint now);
  // The server knew none of our keys, one of them does not open, or there is no ssh here.
  bool was_of_no_use() const { return of_no_use_; }
  bool is_ready() const { return ready_; }
  bool is_alive() const;  // it still takes scripts

  TimePoint next_deadline() const;
  void add_waits(std::vector<pollfd>& waits) const;
  const std::string& socket() const { return socket_; }

 private:
  Result<> start();
  Result<bool> judge(const ProcessEnd& end, TimePoint now);
  std::string take_log();

  const Endpoint& endpoint_;
  std::string socket_;
  std::string log_;
  KeyRing& ring_;
  LentKeys lent_;
  TimePoint deadline_;
  TimePoint look_at_;
  std::optional<ChildProcess> child_;  // until it has gone into the background
  int attempts_ = 0;
  bool ready_ = false;
  bool of_no_use_ = false;
};

}  // namespace segue
