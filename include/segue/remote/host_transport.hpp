// The Transport to real hosts: /bin/sh of this machine for local endpoints, SSH for the others, by
// libssh2 or by the system's ssh, all in one poll loop. One session per host is kept for the whole
// run; up to eight scripts of one host run side by side, more wait for their turn. A lost session
// is made again by the next start.
//   HostTransport transport(endpoints, signals.wake_fd());
// Nothing is sent to a host whose key is not in known_hosts. When the wake descriptor is readable
// poll() returns at once; draining it is the caller's business.
#pragma once
#include "segue/remote/endpoint.hpp"
#include "segue/remote/transport.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace segue {

class HostTransport : public Transport {
 public:
  struct Options {
    int wake_fd = -1;          // -1: no signals
    size_t most_connects = 0;  // that are being made at the same time; 0: as limits.hpp says
    // Told which transport a host has, and why, when that was a decision.
    std::function<void(const std::string& host, const std::string& what)> tell = nullptr;
    // Told once what a host does that no script could be sent to for 5 s: "still connecting ...".
    std::function<void(const std::string& host, const std::string& what)> waiting = nullptr;
    // Asks for the passphrase of a key, while everything waits; an empty answer is none. Not set:
    // nobody can be asked.
    std::function<Secret(const std::string& question)> ask = nullptr;
  };
  explicit HostTransport(std::vector<Endpoint> endpoints, int wake_fd = -1);
  HostTransport(std::vector<Endpoint> endpoints, Options options);
  ~HostTransport() override;

  using Transport::start;
  void start(Ticket ticket, const std::string& host, std::string script, DataReader data) override;
  void prepare(const std::string& host) override;
  void cancel(Ticket ticket) override;
  std::optional<Result<int>> lend(const std::string& host, const RegistryLoan& loan) override;
  unsigned long long bytes_lent(const std::string& host) override;
  void take_back(const std::string& host) override;
  void poll(TimePoint deadline, std::vector<TransportEvent>& events) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
