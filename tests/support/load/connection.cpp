#include "connection.hpp"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace segue {
namespace {

Connection::Read judge(ssize_t count) {
  if (count > 0) return Connection::Read::data;
  if (count == 0) return Connection::Read::end;
  return errno == EAGAIN || errno == EINTR ? Connection::Read::nothing : Connection::Read::reset;
}

}  // namespace

int Connection::open(const sockaddr_in& target) {
  close();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return errno;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
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

bool Connection::flush() {
  while (!unsent_.empty()) {
    const ssize_t count = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) return false;
    if (count < 0) break;
    unsent_.erase(0, static_cast<std::size_t>(count));
  }
  if (wants_to_write_ != !unsent_.empty()) {
    wants_to_write_ = !unsent_.empty();
    watch(wants_to_write_ ? EPOLLIN | EPOLLOUT : EPOLLIN, false);
  }
  return true;
}

Connection::Read Connection::read(std::string& bytes) {
  std::array<char, 65536> room;  // NOLINT: filled by recv
  const ssize_t count = ::recv(fd_, room.data(), room.size(), 0);
  bytes.assign(room.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return judge(count);
}

Connection::Read Connection::peek() {
  char byte = 0;
  return judge(::recv(fd_, &byte, 1, MSG_PEEK));
}

void Connection::close() {
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
