// The example service: answers every request with its version, taken from $VERSION.
//
//   /            the version            /slow?ms=800   the same, later
//   /health      "healthy"              /echo          version and length of what was posted
//
// One thread per connection. It stops as a service behind a proxy should: on SIGTERM it takes no
// new connections, answers what it has begun, and ends.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace {

const std::string version = std::getenv("VERSION") != nullptr ? std::getenv("VERSION") : "?";

// All open connections, and whether each is just answering. Idle ones are closed when we stop.
class Connections {
 public:
  void add(int fd) {
    const std::lock_guard lock(mutex_);
    is_busy_[fd] = false;
  }
  void set_busy(int fd, bool is_busy) {
    const std::lock_guard lock(mutex_);
    is_busy_[fd] = is_busy;
  }
  void remove(int fd) {
    const std::lock_guard lock(mutex_);
    close(fd);
    is_busy_.erase(fd);
    changed_.notify_all();
  }
  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }
  void finish_all() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    for (const auto& [fd, is_busy] : is_busy_) {
      if (!is_busy) shutdown(fd, SHUT_RD);
    }
    changed_.wait(lock, [this] { return is_busy_.empty(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, bool> is_busy_;
  bool stopping_ = false;
};

Connections connections;

bool receive_more(int fd, std::string& in) {
  std::array<char, 16384> bytes{};
  const ssize_t count = recv(fd, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  in.append(bytes.data(), static_cast<std::size_t>(count));
  return in.size() < (1U << 20U);
}

std::size_t number_after(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name);
  return at == std::string::npos ? 0 : std::strtoul(text.c_str() + at + name.size(), nullptr, 10);
}

// The first request in `in`, whole, taken from its front; empty when the client has gone.
std::string next_request(int fd, std::string& in) {
  std::size_t head_end = 0;
  while ((head_end = in.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_more(fd, in)) return "";
  }
  connections.set_busy(fd, true);
  const std::size_t size =
      head_end + 4 + number_after(in.substr(0, head_end), "\r\nContent-Length: ");
  while (in.size() < size) {
    if (!receive_more(fd, in)) return "";
  }
  const std::string request = in.substr(0, size);
  in.erase(0, size);
  return request;
}

std::string body_for(const std::string& request) {
  const std::string path = request.substr(request.find(' ') + 1, 6);
  if (path.rfind("/slow", 0) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(number_after(request, "ms=")));
  }
  if (path.rfind("/echo", 0) == 0) {
    const std::size_t size = request.size() - request.find("\r\n\r\n") - 4;
    return version + " " + std::to_string(size) + "\n";
  }
  return path.rfind("/healt", 0) == 0 ? version + " healthy\n" : version + "\n";
}

void serve(int fd) {
  std::string in;
  for (bool is_last = false; !is_last;) {
    const std::string request = next_request(fd, in);
    if (request.empty()) break;
    const std::string body = body_for(request);
    is_last = connections.stopping() || request.find("Connection: close") != std::string::npos;
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" +
                               std::string(is_last ? "Connection: close\r\n" : "") +
                               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    if (send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    connections.set_busy(fd, false);
    if (connections.stopping()) break;
  }
  connections.remove(fd);
}

int listen_on(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 1024) != 0) {
    std::perror("cannot listen");
    std::exit(1);
  }
  return listener;
}

void accept_connections(int listener) {
  while (true) {
    const int fd = accept(listener, nullptr, nullptr);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections.add(fd);
    std::thread(serve, fd).detach();
  }
}

}  // namespace

int main() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int listener = listen_on(3000);
  std::thread acceptor(accept_connections, listener);
  std::printf("web %s listens on port 3000\n", version.c_str());
  std::fflush(stdout);

  int signal = 0;
  sigwait(&signals, &signal);
  shutdown(listener, SHUT_RD);  // ends accept()
  acceptor.join();
  connections.finish_all();
  std::printf("web %s has stopped\n", version.c_str());
  return 0;
}
