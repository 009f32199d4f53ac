// A port of the host's own 127.0.0.1 whose connections come here through the session (a reverse
// forward of SSH), each as a channel. What a channel carries is copied to and from a RegistryDoor.
// Asked for right after the login: an answer to a sign of life that nobody has read would be taken
// for the server's refusal.
//   LentPort port(session);  port.advance(door, now);  if (const auto number = port.number()) ...
#pragma once
#include "registry_door.hpp"
#include "ssh_session.hpp"

#include "segue/base/result.hpp"

#include <list>
#include <optional>
#include <string>
#include <vector>

namespace segue {

class LentPort {
 public:
  explicit LentPort(SshSession& session) : session_(session) {}
  LentPort(const LentPort&) = delete;
  LentPort& operator=(const LentPort&) = delete;
  ~LentPort();  // before the session

  // Without a door, who comes is sent away. False: the whole connection is gone.
  bool advance(RegistryDoor* door, TimePoint now);
  void add_waits(std::vector<pollfd>& waits) const;

  // Nothing while the server has not answered. Code::failed where it lends no port.
  const std::optional<Result<int>>& number() const { return number_; }
  void close() { closing_ = true; }
  bool is_closed() const { return closing_ && listener_ == nullptr && visits_.empty(); }

  // A packet has left only in part: it has to be sent to its end before anything else is.
  bool is_amid_packet() const { return amid_packet_ && session_.has_unsent(); }
  bool has_more_to_do() const { return more_to_do_; }

 private:
  struct Visit {
    LIBSSH2_CHANNEL* channel = nullptr;
    Fd door;              // our end of a pair: the other one is the door's
    std::string to_host;  // what has been read from the door, and how far it is sent
    size_t sent = 0;
    std::string to_door;
    bool has_begun = false;
    bool door_ended = false;
    bool eof_sent = false;
    bool is_amid_packet = false;
    bool is_over = false;
  };
  int open();
  int take_in(RegistryDoor* door);
  bool see_to_listener(RegistryDoor* door);
  bool let_go_on(bool soon_done);
  static bool is_soon_done(const Visit& visit);
  bool go_on(Visit& visit, int most_pieces);
  int advance(Visit& visit, int most_pieces);
  int carry_to_host(Visit& visit, int most_pieces);
  int carry_to_door(Visit& visit);
  int end(Visit& visit);
  bool note(int number);

  SshSession& session_;
  LIBSSH2_LISTENER* listener_ = nullptr;
  std::list<Visit> visits_;
  std::optional<Result<int>> number_;
  bool closing_ = false;
  bool amid_packet_ = false;
  bool more_to_do_ = false;
};

}  // namespace segue
