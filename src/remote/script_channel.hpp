// One script on one SSH channel: opens it, starts /bin/sh, sends the script, hands on what it
// prints, and tells how it ended. It is Exited only when the server has said so and closed the
// channel in order; everything else is Signaled or Lost.
//
// The login shell prints a marker before it becomes /bin/sh. What stands before the marker is noise
// of the user's start-up files and is dropped; without the marker our script never ran.
#pragma once
#include "host_settings.hpp"
#include "login_noise.hpp"
#include "ssh_session.hpp"

#include "segue/base/duration.hpp"
#include "segue/remote/transport.hpp"

#include <libssh2.h>

#include <optional>
#include <string>

namespace segue {

class ScriptChannel {
 public:
  // Until a login shell has been seen to work (`shell_is_proven`) the script is held back.
  ScriptChannel(SshSession& session, const HostSettings& settings, Ticket ticket,
                std::string script, DataReader data, bool shell_is_proven);
  // A spare: a shell that waits for its script.
  ScriptChannel(SshSession& session, const HostSettings& settings, bool shell_is_proven);
  void take_on(Ticket ticket, std::string script);
  ScriptChannel(const ScriptChannel&) = delete;
  ScriptChannel& operator=(const ScriptChannel&) = delete;
  ~ScriptChannel();

  struct Progress {
    std::string output;
    std::optional<Outcome> outcome;  // once; the channel may then still have to be closed
    bool session_broken = false;     // the whole connection is gone; no outcome is given
    bool session_full = false;       // the server opens no more channels; no outcome is given
  };
  Progress advance(TimePoint now);

  // Nothing more is reported of the script, which goes on on the host.
  void abandon() { abandoned_ = true; }

  Ticket ticket() const { return ticket_; }
  std::string take_script() { return std::move(script_); }
  DataReader take_data() { return std::move(data_); }
  bool was_spare() const { return was_spare_; }
  bool is_opening() const { return phase_ == Phase::opening; }
  bool is_finished() const { return phase_ == Phase::finished; }
  bool is_abandoned() const { return abandoned_; }
  bool has_sent() const { return sent_ > 0; }
  bool shell_is_proven() const { return shell_is_proven_; }
  bool has_more_to_do() const { return more_to_read_ || more_to_send_; }
  // A packet of it has left only in part: no other channel may send anything before the rest has.
  bool is_amid_packet() const { return amid_packet_ && session_.has_unsent(); }
  TimePoint last_sign_of_life() const { return last_sign_of_life_; }

  // A finished channel can still take in whatever arrives for the session between scripts.
  bool can_listen() const;
  int listen();

 private:
  enum class Phase { opening, requesting, running, closing, finished };

  int open();
  int request();
  int send(TimePoint now);
  int send_data(TimePoint now);
  int receive(TimePoint now, std::string& output);
  int drain(int stream, TimePoint now, std::string* output);
  int close(TimePoint now);
  Outcome end() const;
  void note(int number, Progress& progress);

  SshSession& session_;
  const HostSettings& settings_;
  Ticket ticket_;
  std::string script_;
  DataReader data_;    // follows the script; not set: nothing does
  std::string piece_;  // of the data, on its way
  size_t piece_sent_ = 0;
  bool has_script_ = false;
  bool was_spare_ = false;
  LIBSSH2_CHANNEL* channel_ = nullptr;
  Phase phase_ = Phase::opening;
  size_t sent_ = 0;
  bool eof_sent_ = false;
  bool shell_is_proven_ = false;
  bool abandoned_ = false;
  bool more_to_read_ = false;
  bool more_to_send_ = false;
  bool amid_packet_ = false;
  bool reported_ = false;
  LoginNoise noise_;
  TimePoint last_sign_of_life_;
};

}  // namespace segue
