// The application that the tests deploy: a small HTTP server in one file, linked statically.
//
//   /            its version                     /slow?ms=800  the same, later
//   /health      200, or what HEALTH says        /echo         POST: version and length of the body
//   /websocket   echo, and its version each s    /events       server-sent events, one each s
//   /env?name=X  the value of a variable         /break        POST: /health is 503 from now on
//
// The version is the first word of /version (baked into the image), else of $VERSION; every answer
// starts with it. Environment: PORT (3000; 0 = any), HEALTH = ok | 404 | 301 | never |
// after:SECONDS, CRASH = now | after:SECONDS, SIGTERM = ignore. On SIGTERM it stops accepting,
// finishes what runs, ends streams cleanly and exits with 0.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMaximumRequest = 16 << 20;
constexpr milliseconds kIdleGrace{50};  // for a request that was on its way when SIGTERM came
constexpr seconds kLinger{1};           // for the peer to close after we did

std::string environment(const char* name, const std::string& otherwise = "") {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

std::string read_version() {
  std::ifstream file("/version");
  std::string version;
  if (file >> version) return version;
  return environment("VERSION", "unversioned");
}

// SHA-1 and base64, for the websocket handshake only.
std::uint32_t rotate(std::uint32_t value, int bits) {
  return (value << bits) | (value >> (32 - bits));
}

void sha1_block(std::array<std::uint32_t, 5>& state, const unsigned char* block) {
  std::array<std::uint32_t, 80> w{};
  for (std::size_t i = 0; i < 16; ++i) {
    w[i] = static_cast<std::uint32_t>(block[i * 4]) << 24 |
           static_cast<std::uint32_t>(block[i * 4 + 1]) << 16 |
           static_cast<std::uint32_t>(block[i * 4 + 2]) << 8 | block[i * 4 + 3];
  }
  for (std::size_t i = 16; i < 80; ++i) {
    w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  }
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    const std::uint32_t mix = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999U
                              : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1U
                              : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCU
                                       : (b ^ c ^ d) + 0xCA62C1D6U;
    const std::uint32_t next = rotate(a, 5) + mix + e + w[i];
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

std::string sha1(std::string text) {
  std::array<std::uint32_t, 5> state{0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U,
                                     0xC3D2E1F0U};
  const std::uint64_t bits = text.size() * 8;
  text.push_back('\x80');
  while (text.size() % 64 != 56) text.push_back('\0');
  for (int shift = 56; shift >= 0; shift -= 8) text.push_back(static_cast<char>(bits >> shift));
  for (std::size_t at = 0; at < text.size(); at += 64) {
    sha1_block(state, reinterpret_cast<const unsigned char*>(text.data() + at));
  }
  std::string digest;
  for (const std::uint32_t word : state) {
    for (int shift = 24; shift >= 0; shift -= 8) digest.push_back(static_cast<char>(word >> shift));
  }
  return digest;
}

std::string base64(const std::string& bytes) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text.push_back(at + i <= bytes.size() ? kAlphabet[group >> (18 - 6 * i) & 63U] : '=');
    }
  }
  return text;
}

struct Request {
  std::string method, path, query, body, websocket_key;
  bool keep_alive = true;
};

struct Connection {
  enum class Kind { http, websocket, events, closing };
  int fd = -1;
  Kind kind = Kind::http;
  std::string in, out;
  std::optional<Request> delayed;  // waits for its time
  bool close_after = false;
  Clock::time_point due = Clock::time_point::max();  // delayed answer, next event, or end of linger
};

bool is_same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Takes one whole request off the front of `in`; false when it is not complete yet.
bool take_request(std::string& in, Request& request) {
  const std::size_t head_end = in.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  const std::string_view head(in.data(), head_end);
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) {
    request.method = "BAD";
    request.keep_alive = false;
    in.clear();
    return true;
  }
  request.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  request.path = target.substr(0, target.find('?'));
  if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
  request.keep_alive = line.substr(second + 1) == "HTTP/1.1";
  std::size_t body_size = 0;
  for (std::size_t at = line.size() + 2; at < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string_view field = head.substr(at, end - at);
    const std::string_view name = field.substr(0, field.find(':'));
    const std::string value(trim(field.substr(std::min(name.size() + 1, field.size()))));
    if (is_same_word(name, "content-length")) body_size = std::strtoul(value.c_str(), nullptr, 10);
    if (is_same_word(name, "connection") && is_same_word(value, "close"))
      request.keep_alive = false;
    if (is_same_word(name, "sec-websocket-key")) request.websocket_key = value;
    if (is_same_word(name, "transfer-encoding")) request.method = "CHUNKED";
    at = end + 2;
  }
  if (body_size > kMaximumRequest) request.method = "BAD";
  if (request.method == "BAD" || request.method == "CHUNKED") request.keep_alive = false;
  if (request.method != "BAD" && in.size() < head_end + 4 + body_size) return false;
  request.body = in.substr(head_end + 4, body_size);
  in.erase(0, head_end + 4 + body_size);
  return true;
}

std::string parameter(const std::string& query, const std::string& name) {
  const std::string wanted = "&" + name + "=";
  const std::string all = "&" + query;
  const std::size_t at = all.find(wanted);
  if (at == std::string::npos) return "";
  return all.substr(at + wanted.size(), all.find('&', at + 1) - at - wanted.size());
}

std::string frame(unsigned char first_byte, std::string_view payload) {
  std::string bytes(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    bytes.push_back(static_cast<char>(payload.size()));
  } else {
    const int width = payload.size() < 65536 ? 2 : 8;
    bytes.push_back(static_cast<char>(width == 2 ? 126 : 127));
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> shift));
    }
  }
  return bytes.append(payload);
}

class Server {
 public:
  explicit Server(int signals);
  int run();

 private:
  void accept_all();
  void read_from(Connection& connection);
  void serve(Connection& connection);
  void answer(Connection& connection, const Request& request);
  void answer_health(Connection& connection, const Request& request);
  void reply(Connection& connection, const Request& request, const std::string& status,
             const std::string& body, const std::string& header = "");
  void start_stream(Connection& connection, const Request& request);
  void serve_websocket(Connection& connection);
  void flush(Connection& connection);
  void finish(Connection& connection);
  void drop(int fd);
  void run_timers();
  void on_time(Connection& connection);
  void stop();
  int next_timeout() const;

  const std::string version_ = read_version();
  const std::string health_ = environment("HEALTH", "ok");
  const Clock::time_point started_ = Clock::now();
  Clock::time_point crash_at_ = Clock::time_point::max();
  std::map<int, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> dropped_;
  int epoll_ = -1;
  int listener_ = -1;
  int signals_ = -1;
  bool stopping_ = false;
  bool broken_ = false;
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "segue-test-app: %s\n", what.c_str());
  std::exit(1);
}

void watch(int epoll, int fd, std::uint32_t events, int operation = EPOLL_CTL_ADD) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll, operation, fd, &event);
}

Server::Server(int signals) : signals_(signals) {
  const std::string crash = environment("CRASH");
  if (crash == "now") die("crashing, as CRASH=now says");
  if (crash.rfind("after:", 0) == 0) crash_at_ = started_ + seconds(std::atoi(crash.c_str() + 6));
  const int port = std::atoi(environment("PORT", "3000").c_str());
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 4096) != 0) {
    die("port " + std::to_string(port) + ": " + std::strerror(errno));
  }
  watch(epoll_, listener_, EPOLLIN);
  watch(epoll_, signals_, EPOLLIN);
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);  // PORT=0: any free one
  std::printf("segue-test-app %s listens on port %d\n", version_.c_str(), ntohs(address.sin_port));
  std::fflush(stdout);
}

int Server::run() {
  std::array<epoll_event, 256> events{};
  while (!stopping_ || !connections_.empty()) {
    const int count = epoll_wait(epoll_, events.data(), events.size(), next_timeout());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == listener_) {
        accept_all();
      } else if (event.data.fd == signals_) {
        stop();
      } else if (const auto found = connections_.find(event.data.fd); found != connections_.end()) {
        Connection& connection = *found->second;
        if ((event.events & EPOLLOUT) != 0) flush(connection);
        if (connections_.count(event.data.fd) != 0 && (event.events & ~EPOLLOUT) != 0) {
          read_from(connection);
        }
      }
    }
    run_timers();
    dropped_.clear();
  }
  std::printf("segue-test-app %s has stopped\n", version_.c_str());
  return 0;
}

int Server::next_timeout() const {
  Clock::time_point next = crash_at_;
  for (const auto& [fd, connection] : connections_) next = std::min(next, connection->due);
  if (next == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(next - Clock::now()).count();
  return static_cast<int>(std::max<long>(0, left));
}

void Server::accept_all() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_[fd] = std::make_unique<Connection>();
    connections_[fd]->fd = fd;
    if (stopping_) connections_[fd]->due = Clock::now() + kIdleGrace;
    watch(epoll_, fd, EPOLLIN);
  }
}

void Server::read_from(Connection& connection) {
  std::array<char, 65536> bytes{};
  while (true) {
    const ssize_t count = read(connection.fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) return drop(connection.fd);
    if (connection.kind == Connection::Kind::closing) continue;
    connection.in.append(bytes.data(), static_cast<std::size_t>(count));
    if (connection.in.size() > kMaximumRequest * 2) return drop(connection.fd);
    if (static_cast<std::size_t>(count) < bytes.size()) break;
  }
  serve(connection);
}

void Server::serve(Connection& connection) {
  while (connection.kind == Connection::Kind::http && !connection.delayed &&
         !connection.close_after) {
    Request request;
    if (!take_request(connection.in, request)) break;
    answer(connection, request);
  }
  if (connection.kind == Connection::Kind::websocket) serve_websocket(connection);
  flush(connection);
}

void Server::answer(Connection& connection, const Request& request) {
  if (request.method == "BAD") return reply(connection, request, "400 Bad Request", version_);
  if (request.method == "CHUNKED") return reply(connection, request, "411 Length Required", "");
  if (request.path == "/health") return answer_health(connection, request);
  if (request.path == "/websocket" || request.path == "/events") {
    return start_stream(connection, request);
  }
  if (request.path == "/echo") {
    return reply(connection, request, "200 OK",
                 version_ + " " + std::to_string(request.body.size()) + "\n");
  }
  if (request.path == "/env") {
    const std::string value = environment(parameter(request.query, "name").c_str(), "\n");
    return value == "\n" ? reply(connection, request, "404 Not Found", version_ + " not set\n")
                         : reply(connection, request, "200 OK", value);
  }
  if (request.path == "/break" && request.method == "POST") broken_ = true;
  if (request.path == "/slow") {
    connection.delayed = request;
    connection.due = Clock::now() + milliseconds(std::atoi(parameter(request.query, "ms").c_str()));
    return;
  }
  reply(connection, request, "200 OK", version_ + "\n");
}

void Server::answer_health(Connection& connection, const Request& request) {
  const bool is_early = health_.rfind("after:", 0) == 0 &&
                        Clock::now() < started_ + seconds(std::atoi(health_.c_str() + 6));
  if (broken_ || health_ == "never" || is_early) {
    return reply(connection, request, "503 Service Unavailable", version_ + " not ready\n");
  }
  if (health_ == "404") return reply(connection, request, "404 Not Found", version_ + "\n");
  if (health_ == "301") {
    return reply(connection, request, "301 Moved Permanently", "", "Location: /\r\n");
  }
  reply(connection, request, "200 OK", version_ + " healthy\n");
}

void Server::reply(Connection& connection, const Request& request, const std::string& status,
                   const std::string& body, const std::string& header) {
  connection.close_after = stopping_ || !request.keep_alive;
  connection.out += "HTTP/1.1 " + status +
                    "\r\nContent-Type: text/plain\r\nX-Version: " + version_ + "\r\n" + header +
                    (connection.close_after ? "Connection: close\r\n" : "") +
                    "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  if (request.method != "HEAD") connection.out += body;
}

void Server::start_stream(Connection& connection, const Request& request) {
  if (request.path == "/events") {
    connection.kind = Connection::Kind::events;
    connection.close_after = false;
    connection.out +=
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Cache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n";
  } else if (request.websocket_key.empty()) {
    return reply(connection, request, "426 Upgrade Required", "");
  } else {
    connection.kind = Connection::Kind::websocket;
    connection.out +=
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
        base64(sha1(request.websocket_key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) + "\r\n\r\n";
  }
  connection.due = Clock::now();
}

// Echoes each frame as it is; answers pings and closes.
void Server::serve_websocket(Connection& connection) {
  const auto byte = [&connection](std::size_t at) {
    return static_cast<unsigned char>(connection.in[at]);
  };
  while (connection.in.size() >= 2) {
    const unsigned char first = byte(0);
    std::size_t size = byte(1) & 0x7FU;
    std::size_t head = 2;
    const std::size_t width = size == 126 ? 2 : size == 127 ? 8 : 0;
    const std::size_t mask_size = (byte(1) & 0x80U) != 0 ? 4 : 0;
    if (connection.in.size() < head + width + mask_size) return;
    if (width != 0) size = 0;
    for (std::size_t i = 0; i < width; ++i) size = size << 8 | byte(head++);
    if (size > kMaximumRequest || mask_size == 0) return drop(connection.fd);
    const std::string mask = connection.in.substr(head, mask_size);
    head += mask_size;
    if (connection.in.size() < head + size) return;
    std::string payload = connection.in.substr(head, size);
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
    connection.in.erase(0, head + size);
    const unsigned opcode = first & 0x0FU;
    if (opcode == 8) {
      connection.out += frame(0x88, payload);
      connection.close_after = true;
      return;
    }
    if (opcode == 9) connection.out += frame(0x8A, payload);
    if (opcode < 3) connection.out += frame(first, payload);
  }
}

void Server::flush(Connection& connection) {
  if (connections_.count(connection.fd) == 0) return;
  while (!connection.out.empty()) {
    const ssize_t sent =
        send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) {
      return watch(epoll_, connection.fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
    if (sent <= 0) return drop(connection.fd);
    connection.out.erase(0, static_cast<std::size_t>(sent));
    if (connection.out.empty()) watch(epoll_, connection.fd, EPOLLIN, EPOLL_CTL_MOD);
  }
  if (connection.close_after && !connection.delayed) finish(connection);
}

// Closes our half and waits for the peer's, because a close with unread input would be a reset.
void Server::finish(Connection& connection) {
  if (connection.kind == Connection::Kind::closing) return;
  connection.kind = Connection::Kind::closing;
  connection.due = Clock::now() + kLinger;
  shutdown(connection.fd, SHUT_WR);
}

void Server::drop(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  close(fd);
  found->second->fd = -1;
  dropped_.push_back(std::move(found->second));  // callers up the stack still hold a reference
  connections_.erase(found);
}

void Server::run_timers() {
  const Clock::time_point now = Clock::now();
  if (now >= crash_at_) die("crashing, as CRASH says");
  std::vector<int> due;
  for (const auto& [fd, connection] : connections_) {
    if (connection->due <= now) due.push_back(fd);
  }
  for (const int fd : due) on_time(*connections_.at(fd));
}

void Server::on_time(Connection& connection) {
  connection.due = Clock::now() + seconds(1);
  switch (connection.kind) {
    case Connection::Kind::closing:
      return drop(connection.fd);
    case Connection::Kind::websocket:
      connection.out += frame(0x81, "version " + version_);
      return flush(connection);
    case Connection::Kind::events: {
      const std::string event = "data: " + version_ + "\n\n";
      std::array<char, 16> size{};
      std::snprintf(size.data(), size.size(), "%zx", event.size());
      connection.out += std::string(size.data()) + "\r\n" + event + "\r\n";
      return flush(connection);
    }
    case Connection::Kind::http:
      break;
  }
  connection.due = Clock::time_point::max();
  if (connection.delayed) {
    reply(connection, *std::exchange(connection.delayed, std::nullopt), "200 OK", version_ + "\n");
  } else {  // idle, and the grace after SIGTERM is over
    connection.close_after = true;
  }
  serve(connection);
}

void Server::stop() {
  signalfd_siginfo ignored{};
  if (read(signals_, &ignored, sizeof ignored) < 0 || stopping_) return;
  if (environment("SIGTERM") == "ignore") return;
  std::printf("segue-test-app %s stops\n", version_.c_str());
  std::fflush(stdout);
  stopping_ = true;
  accept_all();  // whoever waits in the queue would be reset otherwise
  close(listener_);
  listener_ = -1;
  std::vector<Connection*> all;
  for (const auto& [fd, connection] : connections_) all.push_back(connection.get());
  for (Connection* connection : all) {
    if (connection->kind == Connection::Kind::websocket) {
      connection->out += frame(0x88, std::string("\x03\xE9", 2) + "going away");
    } else if (connection->kind == Connection::Kind::events) {
      connection->out += "0\r\n\r\n";
    } else {
      if (connection->kind == Connection::Kind::http && !connection->delayed) {
        connection->due = Clock::now() + kIdleGrace;
      }
      continue;
    }
    connection->close_after = true;
    flush(*connection);
  }
}

}  // namespace

int main() {
  // As process 1 nothing has a default: what is not handled here would be ignored.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return Server(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC)).run();
}
