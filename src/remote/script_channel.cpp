#include "script_channel.hpp"

#include "data_shell.hpp"
#include "limits.hpp"
#include "remote_errors.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <array>

namespace segue {
namespace {

constexpr int kOutputStream = 0;
constexpr int kErrorStream = 1;  // only ever written to by the login shell, before our script

}  // namespace

ScriptChannel::ScriptChannel(SshSession& session, const HostSettings& settings, Ticket ticket,
                             std::string script, DataReader data, bool shell_is_proven)
    : session_(session),
      settings_(settings),
      ticket_(ticket),
      script_(std::move(script)),
      data_(std::move(data)),
      has_script_(true),
      shell_is_proven_(shell_is_proven),
      last_sign_of_life_(Clock::now()) {}

ScriptChannel::ScriptChannel(SshSession& session, const HostSettings& settings,
                             bool shell_is_proven)
    : ScriptChannel(session, settings, Ticket{}, {}, nullptr, shell_is_proven) {
  has_script_ = false;
  was_spare_ = true;
}

void ScriptChannel::take_on(Ticket ticket, std::string script) {
  ticket_ = ticket;
  script_ = std::move(script);
  has_script_ = true;
  last_sign_of_life_ = Clock::now();
}

// A channel that libssh2 could not free yet is freed with its session.
ScriptChannel::~ScriptChannel() {
  if (channel_ != nullptr) libssh2_channel_free(channel_);
}

ScriptChannel::Progress ScriptChannel::advance(TimePoint now) {
  Progress progress;
  int number = 0;
  if (phase_ == Phase::opening) number = open();
  if (number == 0 && phase_ == Phase::requesting) number = request();
  if (number == 0 && phase_ == Phase::running) {
    number = send(now);
    amid_packet_ = number == LIBSSH2_ERROR_EAGAIN;
    const bool can_go_on = number == 0 || number == LIBSSH2_ERROR_EAGAIN;
    const int received = can_go_on ? receive(now, progress.output) : number;
    if (can_go_on) number = received;
  }
  const bool may_leave = abandoned_ && eof_sent_ && !session_.has_unsent();
  if (may_leave && phase_ == Phase::running && number == LIBSSH2_ERROR_EAGAIN) {
    phase_ = Phase::closing;
    number = 0;
  }
  if (number == 0 && phase_ == Phase::closing) number = close(now);
  if (number == 0 && phase_ == Phase::finished && !reported_) {
    reported_ = true;
    progress.outcome = end();
  }
  if (number != 0 && number != LIBSSH2_ERROR_EAGAIN) note(number, progress);
  if (abandoned_) {
    progress.output.clear();
    progress.outcome.reset();
  }
  return progress;
}

int ScriptChannel::open() {
  channel_ = libssh2_channel_open_session(session_.get());
  if (channel_ == nullptr) return libssh2_session_last_errno(session_.get());
  phase_ = Phase::requesting;
  return 0;
}

int ScriptChannel::request() {
  // This line is read by the user's login shell, whichever it is: single quotes mean the same in
  // all of them. The script's two streams become one, so that their order is kept.
  const std::string shell = data_ ? shell_before_data(script_.size()) : "exec /bin/sh";
  const std::string command = "exec /bin/sh -c 'echo " + noise_.marker() + "; " + shell + " 2>&1'";
  const int number = libssh2_channel_process_startup(channel_, "exec", 4, command.c_str(),
                                                     static_cast<unsigned>(command.size()));
  if (number == 0) phase_ = Phase::running;
  return number;
}

int ScriptChannel::send(TimePoint now) {
  if (!has_script_ || !shell_is_proven_) return 0;
  // An abandoned script is not begun; one that was begun is sent to its end.
  while (sent_ < script_.size() && (!abandoned_ || sent_ > 0)) {
    const ssize_t count =
        libssh2_channel_write(channel_, script_.data() + sent_, script_.size() - sent_);
    if (count < 0) return static_cast<int>(count);
    sent_ += static_cast<size_t>(count);
    last_sign_of_life_ = now;
  }
  if (eof_sent_) return 0;
  if (const int number = send_data(now); number != 0) return number;
  const int number = libssh2_channel_send_eof(channel_);
  eof_sent_ = number == 0;
  return number;
}

// What is abandoned gets no more of its data; that it is not whole, the script finds out. Nor does
// one that has ended before it has read all.
int ScriptChannel::send_data(TimePoint now) {
  more_to_send_ = false;
  for (int i = 0; data_; ++i) {
    if (piece_sent_ == piece_.size()) {
      more_to_send_ = i >= kReadsPerTurn;
      if (more_to_send_) return LIBSSH2_ERROR_EAGAIN;  // the other scripts have their turn
      const bool unwanted = abandoned_ || libssh2_channel_eof(channel_) == 1;
      piece_ = unwanted ? std::string() : data_(kDataPiece);
      piece_sent_ = 0;
      if (piece_.empty()) data_ = nullptr;
      continue;
    }
    const ssize_t count =
        libssh2_channel_write(channel_, piece_.data() + piece_sent_, piece_.size() - piece_sent_);
    if (count < 0) return static_cast<int>(count);
    piece_sent_ += static_cast<size_t>(count);
    last_sign_of_life_ = now;
  }
  return 0;
}

int ScriptChannel::receive(TimePoint now, std::string& output) {
  more_to_read_ = false;
  const int drained = drain(kErrorStream, now, noise_.is_over() ? nullptr : &noise_.text());
  const int number = drain(kOutputStream, now, &output);
  if (!noise_.is_over()) {
    noise_.strip_from(output);
    if (noise_.is_over()) {
      // What was held back until now can be sent at once.
      more_to_read_ = more_to_read_ || !shell_is_proven_;
      shell_is_proven_ = true;
    }
  }
  if (drained != 0 && drained != LIBSSH2_ERROR_EAGAIN) return drained;
  if (number != 0) return number;
  if (libssh2_channel_eof(channel_) != 1) {
    more_to_read_ = true;  // reading one stream has brought in something of the other
    return LIBSSH2_ERROR_EAGAIN;
  }
  phase_ = Phase::closing;
  return 0;
}

// 0 when all that has arrived is read. A stream that nobody reads would stop the other one.
int ScriptChannel::drain(int stream, TimePoint now, std::string* output) {
  std::array<char, kReadBuffer> buffer;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t count = libssh2_channel_read_ex(channel_, stream, buffer.data(), buffer.size());
    if (count <= 0) return static_cast<int>(count);
    last_sign_of_life_ = now;
    if (output != nullptr) output->append(buffer.data(), static_cast<size_t>(count));
  }
  more_to_read_ = true;
  return LIBSSH2_ERROR_EAGAIN;
}

int ScriptChannel::close(TimePoint now) {
  // A packet that has left only in part must be sent to its end before anything else can be.
  if (!eof_sent_ && session_.has_unsent()) send(now);
  // The end of output is not enough: only a server that closes the channel has told its end.
  const int waited = abandoned_ ? 0 : libssh2_channel_wait_closed(channel_);
  if (waited < 0) return waited;
  const int number = libssh2_channel_close(channel_);
  if (number == 0) phase_ = Phase::finished;
  return number;
}

Outcome ScriptChannel::end() const {
  if (!noise_.is_over() && sent_ == 0) return NotStarted{no_shell(settings_, noise_.text())};
  if (!noise_.is_over()) return Lost{"the shell ended before it began the script"};
  char* name = nullptr;
  libssh2_channel_get_exit_signal(channel_, &name, nullptr, nullptr, nullptr, nullptr, nullptr);
  if (name != nullptr) {
    const std::string text = visible(name);
    libssh2_free(session_.get(), name);
    return Signaled{text};
  }
  return Exited{libssh2_channel_get_exit_status(channel_)};
}

void ScriptChannel::note(int number, Progress& progress) {
  if (!is_channel_error(number) || session_.is_gone()) {
    progress.session_broken = true;
    return;
  }
  const bool was_opening = phase_ == Phase::opening;
  const std::string problem = session_.last_error();
  phase_ = Phase::finished;
  reported_ = true;
  if (was_opening) {
    progress.session_full = true;
  } else if (sent_ == 0) {
    progress.outcome = NotStarted{
        unreachable(fmt::format("{} refuses to run commands: {}", settings_.host, problem))};
  } else {
    progress.outcome = Lost{"the channel broke: " + problem};
  }
}

bool ScriptChannel::can_listen() const {
  if (channel_ == nullptr) return false;
  // A channel whose window has become narrow would ask the server for more, under a number that
  // may belong to another channel by now.
  unsigned long initial = 0;
  const unsigned long left = libssh2_channel_window_read_ex(channel_, nullptr, &initial);
  return left >= initial / 4 * 3 + kReadBuffer;
}

int ScriptChannel::listen() {
  std::array<char, 1024> buffer;
  const ssize_t count = libssh2_channel_read(channel_, buffer.data(), buffer.size());
  return count < 0 ? static_cast<int>(count) : 0;
}

}  // namespace segue
