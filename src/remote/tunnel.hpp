// One way through a jump host, from its side: moves bytes between a channel of its session, which
// leads to a port of another host, and a socket. Never blocks. A session takes one call at a time
// that it could not finish (`is_stuck`): that one has to be advanced before any other.
//   Tunnel tunnel("jump host bastion", settings, std::move(socket), state);
//   tunnel.begin(session, now);  ...  tunnel.advance(session, true);
#pragma once
#include "host_settings.hpp"
#include "passage.hpp"
#include "ssh_session.hpp"

#include <libssh2.h>
#include <poll.h>

#include <memory>
#include <string>
#include <vector>

namespace segue {

class Tunnel {
 public:
  Tunnel(std::string by, const HostSettings& to, Fd socket, std::shared_ptr<PassageState> state)
      : by_(std::move(by)),
        host_(to.host),
        port_(to.port),
        socket_(std::move(socket)),
        state_(std::move(state)) {}

  enum class Phase { waiting, opening, open, closing, finished };
  enum class Step { none, moved, stuck, broken };

  // One of a session is opened at a time: where the host does not answer soon, the tunnel goes back
  // to waiting, to have another turn after the others, with more patience.
  void begin(SshSession& session, TimePoint now);
  // `listen`: takes in whatever has arrived for the session.
  Step advance(SshSession& session, bool listen);
  // Something has arrived for it, which it can take.
  bool has_input() const;
  // Its session is gone. A way that was not open yet waits for the next one, but only once.
  void lose_session(const std::string& why);

  // It was never open.
  void refuse(const Error& problem);

  Phase phase() const { return phase_; }
  PassageState& state() { return *state_; }
  bool can_listen() const { return phase_ == Phase::open && arrived_.empty(); }
  bool is_deserted() const;  // whoever wanted it has closed the socket
  TimePoint look_at() const { return phase_ == Phase::opening ? look_at_ : TimePoint::max(); }
  void add_waits(std::vector<pollfd>& waits) const;

 private:
  Step open(SshSession& session);
  Step send(SshSession& session);
  Step receive(SshSession& session, bool listen);
  Step close(SshSession& session);
  Step judge(SshSession& session, ssize_t number);
  bool read_socket();
  bool write_socket();

  std::string by_;
  std::string host_;
  int port_ = 0;
  Fd socket_;
  std::shared_ptr<PassageState> state_;
  Phase phase_ = Phase::waiting;
  LIBSSH2_CHANNEL* channel_ = nullptr;  // freed with its session, if not before
  std::string leaving_;                 // from the socket, on its way into the channel
  size_t left_ = 0;
  std::string arrived_;  // from the channel, on its way into the socket
  size_t handed_on_ = 0;
  bool socket_ended_ = false;
  bool channel_ended_ = false;
  bool asks_for_more_ = false;  // libssh2 is amid telling the other end that it may send more
  bool lost_once_ = false;
  int turns_ = 0;
  TimePoint look_at_ = TimePoint::max();
};

}  // namespace segue
