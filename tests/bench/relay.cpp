// Makes a host far away: a TCP relay on loopback that holds every byte back for half of the round
// trip, in both directions.
//   relay ROUND_TRIP_MS TARGET_ADDRESS TARGET_PORT    prints the port that it listens on
//
// A connection reaches the target one and a half round trips after it was made here, which is when
// a server far away would accept it. There is no limit of bandwidth and nothing is lost; what is
// under way is kept in memory. Ends with the process that started it.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

void prepare(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(socket, F_SETFL, O_NONBLOCK);
}

// What flows one way: read at once, written when its time has come. Nothing read means the end.
class Flow {
 public:
  Flow(int from, int to) : from_(from), to_(to) {}

  void read_all(Time arrival) {
    std::array<char, 65536> buffer;
    while (!ended_) {
      const ssize_t count = recv(from_, buffer.data(), buffer.size(), 0);
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
      ended_ = count <= 0;
      pieces_.push_back({arrival, std::string(buffer.data(), count > 0 ? count : 0)});
    }
  }

  void write_due(Time now) {
    while (!pieces_.empty() && pieces_.front().arrival <= now) {
      std::string& bytes = pieces_.front().bytes;
      if (bytes.empty()) {
        shutdown(to_, SHUT_WR);
        over_ = true;
      } else {
        const ssize_t count = send(to_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        blocked_ = count < 0 && errno == EAGAIN;
        if (blocked_) return;
        if (count < 0) over_ = true;
        bytes.erase(0, count > 0 ? static_cast<size_t>(count) : bytes.size());
        if (!bytes.empty()) continue;
      }
      pieces_.pop_front();
    }
  }

  std::optional<Time> next() const {
    if (pieces_.empty() || blocked_) return std::nullopt;
    return pieces_.front().arrival;
  }
  bool reads() const { return !ended_; }
  bool blocked() const { return blocked_ && !pieces_.empty(); }
  bool over() const { return over_; }

 private:
  struct Piece {
    Time arrival;
    std::string bytes;
  };
  int from_;
  int to_;
  std::deque<Piece> pieces_;
  bool ended_ = false;
  bool over_ = false;
  bool blocked_ = false;
};

class Connection {
 public:
  Connection(int client, int target) : client_(client), target_(target) {}
  ~Connection() {
    close(client_);
    close(target_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void add_waits(std::vector<pollfd>& waits) const {
    const auto events = [](const Flow& in, const Flow& out) {
      return static_cast<short>((in.reads() ? POLLIN : 0) | (out.blocked() ? POLLOUT : 0));
    };
    waits.push_back({client_, events(there_, back_), 0});
    waits.push_back({target_, events(back_, there_), 0});
  }
  void advance(Time now, Clock::duration delay) {
    there_.read_all(now + delay);
    back_.read_all(now + delay);
    there_.write_due(now);
    back_.write_due(now);
  }
  std::optional<Time> next() const {
    const auto one = there_.next();
    const auto other = back_.next();
    return one && other ? std::min(*one, *other) : one ? one : other;
  }
  bool over() const { return there_.over() && back_.over(); }

 private:
  int client_;
  int target_;
  Flow there_{client_, target_};
  Flow back_{target_, client_};
};

class Relay {
 public:
  Relay(Clock::duration round_trip, sockaddr_in target)
      : round_trip_(round_trip), target_(target), listener_(socket(AF_INET, SOCK_STREAM, 0)) {}

  int listen_on_loopback() const {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof here;
    auto* address = reinterpret_cast<sockaddr*>(&here);
    if (bind(listener_, address, length) != 0 || listen(listener_, 64) != 0) return -1;
    getsockname(listener_, address, &length);
    prepare(listener_);
    return ntohs(here.sin_port);
  }

  [[noreturn]] void serve() {
    while (true) {
      wait();
      const Time now = Clock::now();
      for (int client = accept(listener_, nullptr, nullptr); client >= 0;
           client = accept(listener_, nullptr, nullptr))
        arriving_.push_back({now + round_trip_ * 3 / 2, client});
      while (!arriving_.empty() && arriving_.front().at <= now) {
        connect_target(arriving_.front().client);
        arriving_.pop_front();
      }
      for (Connection& connection : connections_) connection.advance(now, round_trip_ / 2);
      connections_.remove_if([](const Connection& connection) { return connection.over(); });
    }
  }

 private:
  struct Arriving {
    Time at;
    int client;
  };

  void connect_target(int client) {
    const int target = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(target, reinterpret_cast<const sockaddr*>(&target_), sizeof target_) != 0) {
      close(client);
      close(target);
      return;
    }
    prepare(client);
    prepare(target);
    connections_.emplace_back(client, target);
  }

  void wait() const {
    std::vector<pollfd> waits{{listener_, POLLIN, 0}};
    std::optional<Time> next;
    if (!arriving_.empty()) next = arriving_.front().at;
    for (const Connection& connection : connections_) {
      connection.add_waits(waits);
      const auto at = connection.next();
      if (at && (!next || *at < *next)) next = at;
    }
    const auto left =
        next ? std::max(*next - Clock::now(), Clock::duration(0)) : Clock::duration(0);
    const auto nanoseconds = std::chrono::nanoseconds(left).count();
    const timespec patience{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    ppoll(waits.data(), waits.size(), next ? &patience : nullptr, nullptr);
  }

  Clock::duration round_trip_;
  sockaddr_in target_;
  int listener_;
  std::deque<Arriving> arriving_;
  std::list<Connection> connections_;
};

}  // namespace

int main(int argc, char** argv) {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  if (argc != 4 || inet_pton(AF_INET, argv[2], &target.sin_addr) != 1) {
    std::fputs("relay ROUND_TRIP_MS TARGET_ADDRESS TARGET_PORT\n", stderr);
    return 2;
  }
  target.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[3])));
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  Relay relay(std::chrono::milliseconds(std::atoi(argv[1])), target);
  const int port = relay.listen_on_loopback();
  if (port < 0) {
    std::perror("relay");
    return 1;
  }
  std::printf("%d\n", port);
  std::fflush(stdout);
  relay.serve();
}
