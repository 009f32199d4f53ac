#include "agent_client.hpp"

#include "limits.hpp"
#include "wire.hpp"

#include "segue/os/fd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>

namespace segue {
Result<AgentClient> AgentClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Code::failed, "the agent's socket has too long a name");
  path.copy(address.sun_path, path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!socket) return fail(Code::failed, errno_text(errno));
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  set_nonblocking(socket.get());
  // A local socket connects at once or not at all.
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail(Code::failed, fmt::format("the agent {}: {}", path, errno_text(errno)));
  return AgentClient(std::move(socket));
}

Result<std::optional<std::string>> AgentClient::receive() {
  while (!unsent_.empty()) {
    const ssize_t count = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (count < 0 && would_block(errno)) return std::nullopt;
    if (count < 0) return fail(Code::failed, "the agent went away: " + errno_text(errno));
    unsent_.erase(0, static_cast<size_t>(count));
  }
  while (true) {
    WireReader reader(received_);
    if (const auto answer = reader.string()) {
      std::string body(*answer);
      received_.erase(0, body.size() + 4);
      return body;
    }
    if (WireReader(received_).number().value_or(0) > kAgentMessageLimit)
      return fail(Code::failed, "the agent's answer is too long");
    std::array<char, 4096> buffer{};
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && would_block(errno)) return std::nullopt;
    if (count <= 0) return fail(Code::failed, "the agent closed the connection");
    received_.append(buffer.data(), static_cast<size_t>(count));
  }
}

pollfd AgentClient::wait() const {
  return {socket_.get(), static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT), 0};
}

}  // namespace segue
