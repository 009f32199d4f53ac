#include "segue/os/resolver.hpp"

#include "segue/os/fd.hpp"

#include <fmt/format.h>
#include <netdb.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace segue {
namespace {

ResolvedName look_up(const std::string& name, int port, int flags) {
  addrinfo wanted{};
  wanted.ai_flags = flags;
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int number = ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &wanted, &first);
  if (number != 0)
    return {{},
            number == EAI_SYSTEM ? errno_text(errno) : std::string(::gai_strerror(number)),
            number == EAI_AGAIN};
  ResolvedName resolved;
  for (const addrinfo* at = first; at != nullptr; at = at->ai_next) {
    SocketAddress address;
    address.length = at->ai_addrlen;
    std::memcpy(&address.bytes, at->ai_addr, at->ai_addrlen);
    std::array<char, NI_MAXHOST> text{};
    ::getnameinfo(at->ai_addr, at->ai_addrlen, text.data(), text.size(), nullptr, 0,
                  NI_NUMERICHOST);
    address.text = text.data();
    resolved.addresses.push_back(std::move(address));
  }
  ::freeaddrinfo(first);
  return resolved;
}

}  // namespace

void Resolver::resolve(const std::string& name, int port, std::function<void(ResolvedName)> done) {
  const ResolvedName address = look_up(name, port, AI_NUMERICHOST | AI_NUMERICSERV);
  if (!address.addresses.empty()) return done(address);
  workers_.run([name, port, done = std::move(done)]() -> Workers::Completion {
    return [resolved = look_up(name, port, 0), done] { done(resolved); };
  });
}

}  // namespace segue
