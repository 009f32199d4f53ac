// A registry of this machine that a host reads through its session: a real sshd, and a registry
// that answers whatever it is asked with the same bytes.
#include "ssh_fixture.hpp"
#include "support/catch.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"
#include "segue/os/fd.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

using namespace segue;

namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');
constexpr size_t kSize = size_t{24} << 20;

std::string payload() {
  std::string bytes(kSize, '\0');
  unsigned state = 1;
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24);
  return bytes;
}

sockaddr_in own_address(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Registry {
 public:
  Registry() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = own_address(0);
    socklen_t length = sizeof address;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(socket_.get(), 8) == 0);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }

  int port = 0;
  std::atomic<int> asked = 0;
  const std::string bytes = payload();

 private:
  void serve() {
    while (true) {
      const Fd client(::accept(socket_.get(), nullptr, nullptr));
      if (!client) return;
      ++asked;
      char byte[4096];
      if (::recv(client.get(), byte, sizeof byte, 0) <= 0) continue;
      const std::string head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
      ::send(client.get(), head.data(), head.size(), MSG_NOSIGNAL);
      for (size_t sent = 0; sent < bytes.size();) {
        const ssize_t count =
            ::send(client.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) break;
        sent += static_cast<size_t>(count);
      }
    }
  }

  Fd socket_;
  std::thread thread_;
};

// What a program of the host is answered on that port.
std::string ask(int port, const std::string& request) {
  const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
  const sockaddr_in address = own_address(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return "nobody listens";
  ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  std::string buffer(65536, '\0');
  ssize_t count = 0;
  while ((count = ::recv(socket.get(), buffer.data(), buffer.size(), 0)) > 0)
    answer.append(buffer, 0, static_cast<size_t>(count));
  return answer;
}

std::string request(const std::string& line) {
  return line + " HTTP/1.1\r\nAuthorization: Basic b3Blbg==\r\n\r\n";
}

class Lent {
 public:
  Lent(const SshFixture& ssh, const Registry& registry, SshTransport kind)
      : Lent(ssh, {registry.port, {"shop-web@" + kDigest}, Secret("b3Blbg=="), nullptr}, kind) {}
  Lent(const SshFixture& ssh, RegistryLoan loan, SshTransport kind)
      : transport_({endpoint(ssh, kind)}), loan_(std::move(loan)) {
    run(transport_, "web", "true\n");
    await([&] {
      std::vector<TransportEvent> none;
      number_ = transport_.lend("web", loan_);
      if (!number_) transport_.poll(Clock::now() + Duration{20}, none);
      return number_.has_value();
    });
  }

  const Result<int>& port() const { return *number_; }
  HostTransport& transport() { return transport_; }

  std::vector<std::string> answers(const std::vector<std::string>& requests) {
    std::vector<std::string> answers(requests.size());
    std::vector<std::thread> clients;
    std::atomic<size_t> done = 0;
    for (size_t i = 0; i < requests.size(); ++i)
      clients.emplace_back([&, i] {
        answers[i] = ask(**number_, requests[i]);
        ++done;
      });
    await([&] {
      std::vector<TransportEvent> none;
      transport_.poll(Clock::now() + Duration{20}, none);
      return done == requests.size();
    });
    for (std::thread& client : clients) client.join();
    return answers;
  }

 private:
  static Endpoint endpoint(const SshFixture& ssh, SshTransport kind) {
    Endpoint endpoint = ssh.endpoint("web");
    endpoint.transport = kind;
    endpoint.lends = true;
    return endpoint;
  }

  HostTransport transport_;
  RegistryLoan loan_;
  std::optional<Result<int>> number_;
};

SshFixture& ssh() {
  static SshFixture fixture;
  return fixture;
}

}  // namespace

TEST_CASE("a registry is lent through the session, whole and to several at once") {
  for (const SshTransport kind : {SshTransport::native, SshTransport::openssh}) {
    CAPTURE(static_cast<int>(kind));
    Registry registry;
    Lent lent(ssh(), registry, kind);
    REQUIRE(lent.port());
    const std::string wanted = request("GET /v2/shop-web/manifests/" + kDigest);
    const auto answers = lent.answers({wanted, wanted, wanted, request("GET /v2/")});
    for (size_t i = 0; i < 3; ++i) {
      const size_t body = answers[i].find("\r\n\r\n");
      REQUIRE(body != std::string::npos);
      CHECK(answers[i].size() - body - 4 == kSize);
      CHECK(sha256_hex(answers[i].substr(body + 4)) == sha256_hex(registry.bytes));
    }
    CHECK(answers[3].starts_with("HTTP/1.1 200 OK"));
    CHECK(registry.asked == 3);
    CHECK(lent.transport().bytes_lent("web") > 3 * kSize);
  }
}

TEST_CASE("nobody gets at the registry who may not, nor writes to it") {
  Registry registry;
  Lent lent(ssh(), registry, SshTransport::native);
  REQUIRE(lent.port());
  const auto answers =
      lent.answers({"GET /v2/ HTTP/1.1\r\n\r\n", request("GET /v2/_catalog"),
                    request("PUT /v2/shop-web/manifests/" + kDigest), "\x16\x03\x01 hello"});
  CHECK(answers[0].starts_with("HTTP/1.1 401"));
  CHECK(answers[1].starts_with("HTTP/1.1 403"));
  CHECK(answers[2].starts_with("HTTP/1.1 405"));
  CHECK(answers[3].starts_with("HTTP/1.1 400"));
  CHECK(registry.asked == 0);
}

TEST_CASE("what is taken back does not listen any more, and scripts go on") {
  for (const SshTransport kind : {SshTransport::native, SshTransport::openssh}) {
    CAPTURE(static_cast<int>(kind));
    Registry registry;
    Lent lent(ssh(), registry, kind);
    REQUIRE(lent.port());
    lent.transport().take_back("web");
    await([&] {
      std::vector<TransportEvent> none;
      lent.transport().poll(Clock::now() + Duration{20}, none);
      return ask(*lent.port(), "") == "nobody listens";
    });
    CHECK(run(lent.transport(), "web", "echo on\n").output == "on\n");
  }
}

TEST_CASE("a host that forwards nothing says so, and scripts go on") {
  const SshFixture closed("AllowTcpForwarding no\n");
  for (const SshTransport kind : {SshTransport::native, SshTransport::openssh}) {
    CAPTURE(static_cast<int>(kind));
    Registry registry;
    Lent lent(closed, registry, kind);
    REQUIRE_FALSE(lent.port());
    CHECK(contains(lent.port().error().what, "AllowTcpForwarding"));
    CHECK(run(lent.transport(), "web", "echo on\n").output == "on\n");
  }
}

TEST_CASE("a lower layer is there as a whole while one above it, asked for before, still comes") {
  constexpr size_t kUpper = size_t{64} << 20;
  constexpr size_t kLower = size_t{1} << 20;
  const std::string upper = "sha256:" + std::string(64, 'b');
  std::atomic<bool> upper_asked = false;
  RegistryLoan loan{0, {"shop-web@" + kDigest}, Secret("b3Blbg=="), nullptr};
  loan.contents = [&](const std::string& digest) {
    const bool is_upper = digest == upper;
    const size_t size = is_upper ? kUpper : kLower;
    if (is_upper) upper_asked = true;
    return LentContent{"a/blob", size,
                       [left = size](size_t most) mutable {
                         const size_t count = std::min(most, left);
                         left -= count;
                         return std::string(count, 'x');
                       },
                       is_upper ? size_t{2} : size_t{1}};
  };
  Lent lent(ssh(), loan, SshTransport::native);
  REQUIRE(lent.port());
  std::atomic<int> answered = 0;
  std::array<int, 2> place{};
  std::array<size_t, 2> came{};
  const auto client = [&](size_t which, const std::string& digest) {
    came[which] = ask(*lent.port(), request("GET /v2/shop-web/blobs/" + digest)).size();
    place[which] = ++answered;
  };
  std::thread above([&] { client(0, upper); });
  std::thread below([&] {
    while (!upper_asked) std::this_thread::yield();
    client(1, kDigest);
  });
  await([&] {
    std::vector<TransportEvent> none;
    lent.transport().poll(Clock::now() + Duration{20}, none);
    return answered == 2;
  });
  above.join();
  below.join();
  CHECK(came[0] > kUpper);
  CHECK(came[1] > kLower);
  CHECK(place[1] == 1);
}
