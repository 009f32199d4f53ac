#include "lent_port.hpp"

#include "limits.hpp"

#include "segue/os/debug_log.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace segue {
namespace {

constexpr const char* kOwnAddress = "127.0.0.1";
constexpr int kVisitorsWaiting = 16;

std::optional<std::pair<Fd, Fd>> socket_pair() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return std::nullopt;
  std::pair<Fd, Fd> pair{Fd(ends[0]), Fd(ends[1])};
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    set_nonblocking(end);
  }
  return pair;
}

}  // namespace

// What libssh2 can't free yet is freed with its session.
LentPort::~LentPort() {
  for (Visit& visit : visits_)
    if (visit.channel != nullptr) libssh2_channel_free(visit.channel);
  if (listener_ != nullptr) libssh2_channel_forward_cancel(listener_);
}

bool LentPort::advance(RegistryDoor* door, TimePoint now) {
  more_to_do_ = false;
  amid_packet_ = false;
  if (!number_ && !note(open())) return false;
  // Whoever is amid a packet sends the rest of it before anything else is done: a visitor who comes
  // meanwhile could not be answered, and libssh2 forgets him.
  const auto amid = std::find_if(visits_.begin(), visits_.end(),
                                 [](const Visit& visit) { return visit.is_amid_packet; });
  if (amid != visits_.end() && !go_on(*amid, 1)) return false;
  if (amid == visits_.end() || !amid_packet_) {
    if (!see_to_listener(door)) return false;
    if (!let_go_on(true) || !let_go_on(false)) return false;
  }
  visits_.remove_if([](const Visit& visit) { return visit.is_over; });
  if (door != nullptr) door->advance(now);
  return true;
}

// False, here and below: the whole connection is gone.
bool LentPort::see_to_listener(RegistryDoor* door) {
  if (listener_ == nullptr) return true;
  if (!closing_) return note(take_in(door));
  const int number = libssh2_channel_forward_cancel(listener_);
  if (number != LIBSSH2_ERROR_EAGAIN) listener_ = nullptr;
  return note(number);
}

// Who has had nothing yet, or only waits for the end, goes first; then who came first. So the door
// knows of all who ask, and one layer after the other is there as a whole, should the line be cut.
bool LentPort::let_go_on(bool soon_done) {
  for (auto at = visits_.begin(); at != visits_.end() && !amid_packet_; ++at)
    if (is_soon_done(*at) == soon_done && !go_on(*at, kReadsPerTurn)) return false;
  return true;
}

// The door has given nothing yet, or all, which may not have been read.
bool LentPort::is_soon_done(const Visit& visit) {
  if (!visit.has_begun || visit.door_ended || !visit.door) return true;
  pollfd state{visit.door.get(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0;
}

bool LentPort::go_on(Visit& visit, int most_pieces) {
  if (!note(advance(visit, most_pieces))) return false;
  visit.is_amid_packet = amid_packet_;
  return true;
}

bool LentPort::note(int number) {
  amid_packet_ = number == LIBSSH2_ERROR_EAGAIN && session_.has_unsent();
  return number == 0 || number == LIBSSH2_ERROR_EAGAIN || is_channel_error(number);
}

int LentPort::open() {
  int port = 0;
  listener_ =
      libssh2_channel_forward_listen_ex(session_.get(), kOwnAddress, 0, &port, kVisitorsWaiting);
  if (listener_ != nullptr) {
    number_ = port;
    return 0;
  }
  const int number = libssh2_session_last_errno(session_.get());
  if (number == LIBSSH2_ERROR_EAGAIN) return number;
  debug_log("the server lends no port: {}", session_.last_error());
  number_ = fail(Code::failed, "its sshd forwards no port to this machine (AllowTcpForwarding)");
  return number == LIBSSH2_ERROR_REQUEST_DENIED ? 0 : number;
}

int LentPort::take_in(RegistryDoor* door) {
  while (true) {
    LIBSSH2_CHANNEL* channel = libssh2_channel_forward_accept(listener_);
    if (channel == nullptr) {
      const int number = libssh2_session_last_errno(session_.get());
      if (number != LIBSSH2_ERROR_CHANNEL_UNKNOWN) return number;
      return session_.is_gone() ? LIBSSH2_ERROR_SOCKET_DISCONNECT : 0;
    }
    Visit& visit = visits_.emplace_back();
    visit.channel = channel;
    auto pair = door == nullptr ? std::nullopt : socket_pair();
    visit.door_ended = !pair;
    if (!pair) continue;
    visit.door = std::move(pair->first);
    door->accept(std::move(pair->second));
  }
}

int LentPort::advance(Visit& visit, int most_pieces) {
  int number = carry_to_host(visit, most_pieces);
  if (number == 0 || number == LIBSSH2_ERROR_EAGAIN) {
    const int carried = carry_to_door(visit);
    if (carried != 0 && carried != LIBSSH2_ERROR_EAGAIN) number = carried;
  }
  if (number == 0 && visit.eof_sent) number = end(visit);
  if (is_channel_error(number)) {
    visit.is_over = libssh2_channel_free(visit.channel) != LIBSSH2_ERROR_EAGAIN;
    visit.door.reset();
    visit.door_ended = true;
  }
  return number;
}

int LentPort::carry_to_host(Visit& visit, int most_pieces) {
  for (int pieces = 0; !visit.eof_sent; ++pieces) {
    if (pieces == most_pieces) {
      more_to_do_ = true;
      return LIBSSH2_ERROR_EAGAIN;
    }
    if (visit.sent < visit.to_host.size()) {
      const ssize_t count = libssh2_channel_write(visit.channel, visit.to_host.data() + visit.sent,
                                                  visit.to_host.size() - visit.sent);
      if (count < 0) return static_cast<int>(count);
      visit.sent += static_cast<size_t>(count);
      continue;
    }
    visit.to_host.clear();
    visit.sent = 0;
    if (visit.door_ended) {
      const int number = libssh2_channel_send_eof(visit.channel);
      visit.eof_sent = number == 0;
      return number;
    }
    std::array<char, kDataPiece> buffer;
    const ssize_t count = ::recv(visit.door.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && would_block(errno)) return LIBSSH2_ERROR_EAGAIN;
    visit.door_ended = count <= 0;
    if (count > 0) visit.to_host.assign(buffer.data(), static_cast<size_t>(count));
    visit.has_begun = true;
  }
  return 0;
}

// Requests are short: what the door does not take at once waits for it.
int LentPort::carry_to_door(Visit& visit) {
  while (visit.door) {
    if (!visit.to_door.empty()) {
      const ssize_t count =
          ::send(visit.door.get(), visit.to_door.data(), visit.to_door.size(), MSG_NOSIGNAL);
      if (count < 0 && would_block(errno)) return LIBSSH2_ERROR_EAGAIN;
      if (count < 0) return 0;  // it has heard enough; its answer is on its way
      visit.to_door.erase(0, static_cast<size_t>(count));
      continue;
    }
    std::array<char, 4096> buffer;
    const ssize_t count = libssh2_channel_read(visit.channel, buffer.data(), buffer.size());
    if (count < 0) return static_cast<int>(count);
    if (count == 0) {
      if (libssh2_channel_eof(visit.channel) != 1) return LIBSSH2_ERROR_EAGAIN;
      ::shutdown(visit.door.get(), SHUT_WR);
      return 0;
    }
    visit.to_door.assign(buffer.data(), static_cast<size_t>(count));
  }
  return 0;
}

int LentPort::end(Visit& visit) {
  const int number = libssh2_channel_free(visit.channel);
  if (number == LIBSSH2_ERROR_EAGAIN) return number;
  visit.channel = nullptr;
  visit.is_over = true;
  return 0;
}

void LentPort::add_waits(std::vector<pollfd>& waits) const {
  for (const Visit& visit : visits_)
    if (visit.door && visit.to_host.empty() && !visit.door_ended)
      waits.push_back({visit.door.get(), POLLIN, 0});
}

}  // namespace segue
