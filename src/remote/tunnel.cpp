#include "tunnel.hpp"

#include "limits.hpp"
#include "remote_errors.hpp"

#include "segue/base/text.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace segue {
namespace {

constexpr const char* kFromAddress = "127.0.0.1";  // as `ssh -W` says it
constexpr int kFromPort = 65535;

}  // namespace

void Tunnel::begin(SshSession& session, TimePoint now) {
  const Duration patience = std::min(kOpeningPatience * (1 << turns_), kLongestOpeningPatience);
  if (patience < kLongestOpeningPatience) ++turns_;
  session.limit_waiting(patience);
  look_at_ = now + patience + std::chrono::seconds(1);  // the library counts whole seconds
  phase_ = Phase::opening;
  state_->opening = std::min(state_->opening, now);
  state_->waits_for = "connecting by way of the " + by_;
}

Tunnel::Step Tunnel::advance(SshSession& session, bool listen) {
  if (phase_ == Phase::opening) return open(session);
  if (phase_ == Phase::closing) return close(session);
  if (phase_ != Phase::open) return Step::none;
  // What libssh2 could not finish is repeated before anything else is asked of it.
  const Step sent = asks_for_more_ ? Step::none : send(session);
  if (sent == Step::stuck || sent == Step::broken) return sent;
  const Step received = receive(session, listen);
  if (received == Step::stuck || received == Step::broken) return received;
  if ((socket_ended_ && leaving_.empty()) || (channel_ended_ && arrived_.empty())) {
    socket_.reset();
    phase_ = Phase::closing;
    return Step::moved;
  }
  return sent == Step::moved ? sent : received;
}

Tunnel::Step Tunnel::open(SshSession& session) {
  channel_ =
      libssh2_channel_direct_tcpip_ex(session.get(), host_.c_str(), port_, kFromAddress, kFromPort);
  if (channel_ != nullptr) {
    phase_ = Phase::open;
    state_->waits_for.clear();
    session.limit_waiting(kLibraryPatience);
    return Step::moved;
  }
  const int number = libssh2_session_last_errno(session.get());
  if (number == LIBSSH2_ERROR_EAGAIN) return session.has_unsent() ? Step::stuck : Step::none;
  session.limit_waiting(kLibraryPatience);
  if (number == LIBSSH2_ERROR_TIMEOUT) {
    phase_ = Phase::waiting;
    return Step::moved;
  }
  if (number != LIBSSH2_ERROR_CHANNEL_FAILURE) return Step::broken;
  const std::string problem = session.last_error();
  refuse(contains(problem, "administratively prohibited") ? forwards_nothing(by_, host_, port_)
                                                          : no_way_on(by_, host_, port_));
  return Step::moved;
}

Tunnel::Step Tunnel::send(SshSession& session) {
  if (leaving_.empty() && !read_socket()) return Step::none;
  const ssize_t count =
      libssh2_channel_write(channel_, leaving_.data() + left_, leaving_.size() - left_);
  if (count < 0) return judge(session, count);
  left_ += static_cast<size_t>(count);
  if (left_ == leaving_.size()) {
    leaving_.clear();
    left_ = 0;
  }
  return count > 0 ? Step::moved : Step::none;
}

Tunnel::Step Tunnel::receive(SshSession& session, bool listen) {
  Step step = Step::none;
  const bool can_read = arrived_.empty() && !channel_ended_;
  if (can_read && (listen || asks_for_more_ || has_input())) {
    std::array<char, kReadBuffer> buffer;
    const ssize_t count = libssh2_channel_read(channel_, buffer.data(), buffer.size());
    asks_for_more_ = count == LIBSSH2_ERROR_EAGAIN && session.has_unsent();
    if (count < 0) step = judge(session, count);
    if (step == Step::stuck || step == Step::broken) return step;
    if (count == 0) channel_ended_ = libssh2_channel_eof(channel_) == 1;
    if (count > 0) arrived_.assign(buffer.data(), static_cast<size_t>(count));
    if (count > 0 || channel_ended_) step = Step::moved;
  }
  return !arrived_.empty() && write_socket() ? Step::moved : step;
}

Tunnel::Step Tunnel::judge(SshSession& session, ssize_t number) {
  if (number == LIBSSH2_ERROR_EAGAIN) return session.has_unsent() ? Step::stuck : Step::none;
  if (!is_channel_error(static_cast<int>(number))) return Step::broken;
  channel_ended_ = true;
  return Step::moved;
}

Tunnel::Step Tunnel::close(SshSession& session) {
  if (libssh2_channel_free(channel_) == LIBSSH2_ERROR_EAGAIN)
    return session.has_unsent() ? Step::stuck : Step::none;
  channel_ = nullptr;
  phase_ = Phase::finished;
  return Step::moved;
}

bool Tunnel::read_socket() {
  if (socket_ended_) return false;
  std::array<char, kDataPiece> buffer;
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count > 0) leaving_.assign(buffer.data(), static_cast<size_t>(count));
  socket_ended_ = count == 0 || (count < 0 && !would_block(errno));
  return count > 0;
}

// True: some of it was taken.
bool Tunnel::write_socket() {
  const ssize_t count = ::send(socket_.get(), arrived_.data() + handed_on_,
                               arrived_.size() - handed_on_, MSG_NOSIGNAL);
  if (count < 0 && would_block(errno)) return false;
  if (count > 0) handed_on_ += static_cast<size_t>(count);
  if (count < 0) {
    socket_ended_ = true;
    leaving_.clear();
  }
  if (count < 0 || handed_on_ == arrived_.size()) {
    arrived_.clear();
    handed_on_ = 0;
  }
  return true;
}

bool Tunnel::has_input() const {
  if (!can_listen() || channel_ended_) return false;
  unsigned long waiting = 0;
  libssh2_channel_window_read_ex(channel_, &waiting, nullptr);
  return waiting > 0 || libssh2_channel_eof(channel_) == 1;
}

void Tunnel::lose_session(const std::string& why) {
  const bool was_open = phase_ == Phase::open || phase_ == Phase::closing;
  channel_ = nullptr;
  if (!was_open && !lost_once_) {
    lost_once_ = true;
    phase_ = Phase::waiting;
    return;
  }
  state_->lost = why;
  socket_.reset();
  phase_ = Phase::finished;
}

void Tunnel::refuse(const Error& problem) {
  state_->problem = problem;
  socket_.reset();
  phase_ = Phase::finished;
}

bool Tunnel::is_deserted() const {
  pollfd state{socket_.get(), 0, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

void Tunnel::add_waits(std::vector<pollfd>& waits) const {
  if (phase_ != Phase::open) return;
  const bool sends = leaving_.empty() && !socket_ended_;
  const int events = (sends ? POLLIN : 0) | (arrived_.empty() ? 0 : POLLOUT);
  if (events != 0) waits.push_back({socket_.get(), static_cast<short>(events), 0});
}

}  // namespace segue
