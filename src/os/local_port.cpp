#include "segue/os/local_port.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace segue {
namespace {

constexpr size_t kLongestAnswer = size_t{64} * 1024;

bool becomes_ready(const Fd& socket, short events, TimePoint end) {
  pollfd wait{socket.get(), events, 0};
  while (true) {
    const auto left = std::chrono::ceil<Duration>(end - Clock::now()).count();
    const int ready = ::poll(&wait, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

}  // namespace

Result<Fd> connect_to_local_port(int port) {
  Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
  if (!socket) return fail(Code::failed, errno_text(errno));
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  set_nonblocking(socket.get());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    return fail(Code::failed, errno_text(errno));
  return socket;
}

Result<std::string> ask_local_port(int port, std::string_view request, Duration limit) {
  const TimePoint end = Clock::now() + limit;
  TRY_ASSIGN(const Fd socket, connect_to_local_port(port));
  int number = ETIMEDOUT;
  socklen_t length = sizeof number;
  if (becomes_ready(socket, POLLOUT, end))
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &number, &length);
  if (number != 0) return fail(Code::failed, errno_text(number));
  std::string answer;
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return answer;
  std::array<char, 4096> buffer;
  while (answer.size() < kLongestAnswer && becomes_ready(socket, POLLIN, end)) {
    const ssize_t count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    answer.append(buffer.data(), static_cast<size_t>(count));
  }
  return answer;
}

}  // namespace segue
