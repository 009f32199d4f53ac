// One libssh2 session on a connected socket, freed in any case. Never blocks: calls on it return
// LIBSSH2_ERROR_EAGAIN and are repeated with the same arguments when add_wait's descriptor is
// ready.
//   TRY_ASSIGN(auto session, SshSession::create(std::move(socket)));
#pragma once
#include "segue/base/duration.hpp"
#include "segue/os/fd.hpp"

#include <libssh2.h>
#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace segue {

class SshSession {
 public:
  // `keepalive` is the time between signs of life; 0: none are sent.
  static Result<std::unique_ptr<SshSession>> create(Fd socket, Duration keepalive);
  SshSession(const SshSession&) = delete;
  SshSession& operator=(const SshSession&) = delete;
  ~SshSession();

  LIBSSH2_SESSION* get() const { return session_; }

  // These host key types first: the server then shows the key that is known, not another one.
  void prefer_host_keys(const std::vector<std::string>& types);

  // How long libssh2 waits for an answer before it calls it LIBSSH2_ERROR_TIMEOUT; whole seconds.
  void limit_waiting(Duration time);

  // LIBSSH2_ERROR_EAGAIN, 0, or an error number.
  int handshake();
  bool greeted() const;  // the server's greeting has arrived
  std::string said_instead_of_greeting() const;
  std::string host_key() const;  // the public key's bytes; after the handshake

  // What the handshake could not agree on: "cipher: the server offers ...". Empty: nobody can tell.
  std::string missing_algorithms() const;

  // The other end has closed the connection, as far as the socket knows.
  bool is_gone() const;
  bool has_unsent() const;  // the last call could not send all
  pollfd wait() const;      // what the last call was stopped by
  std::string last_error() const;

  // Sends a keepalive when it is due, and says when the next one is.
  TimePoint keep_alive(TimePoint now);
  TimePoint last_received() const { return last_received_; }

 private:
  SshSession(Fd socket, Duration keepalive);
  static ssize_t receive_and_keep(libssh2_socket_t fd, void* buffer, size_t length, int flags,
                                  void** abstract);

  Fd socket_;
  Duration keepalive_;
  LIBSSH2_SESSION* session_ = nullptr;
  TimePoint last_received_;
  std::string greeting_bytes_;  // what the server sent in clear: its greeting and algorithm lists
  bool has_shaken_hands_ = false;
  int acknowledged_at_once_ = 0;  // what was received so far that way
};

// Trouble of one channel only, not of the whole session.
bool is_channel_error(int number);

}  // namespace segue
