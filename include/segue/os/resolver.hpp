// Turns a host's name into addresses without blocking the loop.
//   resolver.resolve("web-1.example.com", 22, [this](ResolvedName name) { ... });
// The answer is delivered inside workers.collect(), or at once when the name is an address. Every
// address is tried by the caller, in the
// order given. A name that does not resolve has no addresses and says why in `problem`.
#pragma once
#include "segue/os/workers.hpp"

#include <sys/socket.h>

#include <functional>
#include <string>
#include <vector>

namespace segue {

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t length = 0;
  std::string text;  // "192.0.2.1" or "2001:db8::1"
};

struct ResolvedName {
  std::vector<SocketAddress> addresses;
  std::string problem;
  bool temporary = false;  // the name server may know better in a moment
};

class Resolver {
 public:
  explicit Resolver(Workers& workers) : workers_(workers) {}
  void resolve(const std::string& name, int port, std::function<void(ResolvedName)> done);

 private:
  Workers& workers_;
};

}  // namespace segue
