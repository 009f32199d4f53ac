#include "connection.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace segue {
namespace {

Connection::Read judge_plain(ssize_t count) {
  if (count > 0) return Connection::Read::data;
  if (count == 0) return Connection::Read::end;
  return errno == EAGAIN || errno == EINTR ? Connection::Read::nothing : Connection::Read::reset;
}

}  // namespace

// Of SSL_read and SSL_peek. A wish to write is one of the handshake: what is unsent brings it on.
Connection::Read Connection::judge(int count) {
  if (count > 0) return Read::data;
  switch (SSL_get_error(session_, count)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Read::nothing;
    case SSL_ERROR_ZERO_RETURN:
      return Read::end;
    case SSL_ERROR_SYSCALL:
      return errno == 0 ? Read::end : Read::reset;
    default:
      untrusted_ = tls_error(session_);
      return Read::reset;
  }
}

int Connection::open(const sockaddr_in& target) {
  close();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return errno;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  untrusted_.clear();
  if (tls_ != nullptr) session_ = tls_->session(fd_, name_);
  watch(EPOLLIN | EPOLLOUT, true);
  wants_to_write_ = true;
  const auto* address = reinterpret_cast<const sockaddr*>(&target);
  if (::connect(fd_, address, sizeof target) == 0 || errno == EINPROGRESS) return 0;
  const int error = errno;
  close();
  return error;
}

int Connection::take_error() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

bool Connection::send(const std::string& bytes) {
  unsent_ += bytes;
  return flush();
}

// How many bytes went, 0 when none can go now, -1 when the peer is gone.
ssize_t Connection::write_some() {
  if (session_ == nullptr) {
    const ssize_t count = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    return count < 0 && errno == EAGAIN ? 0 : count;
  }
  ERR_clear_error();
  errno = 0;
  const int count = SSL_write(session_, unsent_.data(), static_cast<int>(unsent_.size()));
  if (count > 0) return count;
  return judge(count) == Read::nothing ? 0 : -1;
}

// In a handshake what is unsent waits for the peer's turn: the socket is writable all the while.
bool Connection::flush() {
  bool waits_for_peer = false;
  while (!unsent_.empty()) {
    const ssize_t count = write_some();
    if (count < 0) return false;
    waits_for_peer = session_ != nullptr && SSL_want_read(session_);
    if (count == 0) break;
    unsent_.erase(0, static_cast<std::size_t>(count));
  }
  const bool wants = !unsent_.empty() && !waits_for_peer;
  if (wants_to_write_ != wants) {
    wants_to_write_ = wants;
    watch(wants_to_write_ ? EPOLLIN | EPOLLOUT : EPOLLIN, false);
  }
  return true;
}

Connection::Read Connection::read(std::string& bytes) {
  std::array<char, 65536> room;  // NOLINT: filled by recv
  if (session_ == nullptr) {
    const ssize_t count = ::recv(fd_, room.data(), room.size(), 0);
    bytes.assign(room.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    return judge_plain(count);
  }
  bytes.clear();
  if (!unsent_.empty() && !flush()) return Read::reset;
  ERR_clear_error();
  errno = 0;
  // More than a record's 16 KiB of room: nothing stays behind that epoll would not tell of.
  const int count = SSL_read(session_, room.data(), static_cast<int>(room.size()));
  bytes.assign(room.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return judge(count);
}

Connection::Read Connection::peek() {
  char byte = 0;
  if (session_ == nullptr) return judge_plain(::recv(fd_, &byte, 1, MSG_PEEK));
  ERR_clear_error();
  errno = 0;
  return judge(SSL_peek(session_, &byte, 1));
}

void Connection::close() {
  if (session_ != nullptr) SSL_free(session_);
  session_ = nullptr;
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  unsent_.clear();
}

void Connection::watch(std::uint32_t events, bool is_new) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner_;
  ::epoll_ctl(epoll_, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd_, &event);
}

}  // namespace segue
