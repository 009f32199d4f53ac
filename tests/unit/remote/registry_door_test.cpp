// The door to what is lent, over sockets of this process.
#include "../../../src/remote/registry_door.hpp"

#include "support/catch.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

using namespace segue;

namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

// Who comes to the door: his end of the connection.
Fd visitor(RegistryDoor& door) {
  std::array<int, 2> ends{-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  door.accept(Fd(ends[1]));
  set_nonblocking(ends[0]);
  return Fd(ends[0]);
}

bool is_sent_away(const Fd& visitor) {
  char byte = 0;
  return ::recv(visitor.get(), &byte, 1, 0) == 0;
}

}  // namespace

TEST_CASE("a visitor who asks for nothing loses his place") {
  RegistryDoor door({1, {"shop-web@" + kDigest}, Secret("b3Blbg=="), nullptr});
  const TimePoint now = Clock::now();
  const Fd silent = visitor(door);
  const Fd slow = visitor(door);
  REQUIRE(::send(slow.get(), "GET /v2/ HT", 11, MSG_NOSIGNAL) == 11);
  door.advance(now);
  CHECK_FALSE(is_sent_away(silent));
  CHECK(door.next_deadline() > now);
  const TimePoint later = door.next_deadline() + Duration{1'000};
  door.advance(later);
  CHECK(is_sent_away(silent));
  CHECK(is_sent_away(slow));
  CHECK(door.next_deadline() == TimePoint::max());
}

TEST_CASE("what is lent without a registry is read in constant memory, and may end early") {
  constexpr size_t kSize = size_t{8} << 20;
  constexpr size_t kEnd = kSize - 1000;  // there it is found damaged
  size_t given = 0;
  RegistryLoan loan{0, {"shop-web@" + kDigest}, Secret("b3Blbg=="), nullptr};
  loan.contents = [&](const std::string&) {
    return LentContent{"a/blob", kSize, [&](size_t most) {
                         const size_t count = std::min(most, kEnd - given);
                         given += count;
                         return std::string(count, 'x');
                       }};
  };
  RegistryDoor door(loan);
  const Fd client = visitor(door);
  const std::string request =
      "GET /v2/shop-web/blobs/" + kDigest + " HTTP/1.1\r\nAuthorization: Basic b3Blbg==\r\n\r\n";
  REQUIRE(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0);
  std::string buffer(65536, '\0');
  std::string head;
  size_t come = 0;
  while (true) {
    door.advance(Clock::now());
    CHECK(given < come + (size_t{1} << 20));  // not ahead of who reads it
    const ssize_t count = ::recv(client.get(), buffer.data(), buffer.size(), 0);
    if (count == 0) break;
    if (count < 0) continue;
    if (head.empty()) head = buffer.substr(0, buffer.find("\r\n\r\n") + 4);
    come += static_cast<size_t>(count);
  }
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(come == head.size() + kEnd);
  CHECK(door.sent() == come);
}

TEST_CASE("of what is asked for at once the lower layer is sent first, and whole") {
  constexpr size_t kSize = size_t{1} << 20;
  const std::string lower = kDigest;
  const std::string upper = "sha256:" + std::string(64, 'b');
  std::string sent;  // by whom, each time that a piece of it was read
  RegistryLoan loan{0, {"shop-web@" + kDigest}, Secret("b3Blbg=="), nullptr};
  loan.contents = [&](const std::string& digest) {
    const char name = digest == lower ? 'l' : 'u';
    auto left = std::make_shared<size_t>(kSize);
    return LentContent{"a/blob", kSize,
                       [&sent, name, left](size_t most) {
                         const size_t count = std::min(most, *left);
                         *left -= count;
                         sent += name;
                         return std::string(count, name);
                       },
                       digest == lower ? size_t{1} : size_t{2}};
  };
  RegistryDoor door(loan);
  const auto ask = [&](const Fd& client, const std::string& digest) {
    const std::string request =
        "GET /v2/shop-web/blobs/" + digest + " HTTP/1.1\r\nAuthorization: Basic b3Blbg==\r\n\r\n";
    REQUIRE(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0);
  };
  const Fd second = visitor(door);
  ask(second, upper);
  door.advance(Clock::now());
  const size_t begun = sent.size();
  CHECK(begun > 0);  // nobody else has asked yet
  const Fd first = visitor(door);
  ask(first, lower);

  std::string buffer(65536, '\0');
  const auto read_some = [&](const Fd& client) {
    door.advance(Clock::now());
    return ::recv(client.get(), buffer.data(), buffer.size(), 0);
  };
  const auto waits_for_upper = [&] {
    std::vector<pollfd> waits;
    door.add_waits(waits);
    return waits.size() > 1;
  };
  door.advance(Clock::now());
  while (read_some(second) > 0) {
  }  // what had gone out before
  CHECK_FALSE(waits_for_upper());  // it would be told again and again that it can write
  const size_t before_lower = sent.find('l');
  REQUIRE(before_lower != std::string::npos);
  CHECK(sent.find('u', before_lower) == std::string::npos);
  while (read_some(first) != 0) {
  }
  while (read_some(second) != 0) {
  }
  const size_t last_lower = sent.rfind('l');
  CHECK(sent.substr(before_lower, last_lower - before_lower).find('u') == std::string::npos);
  CHECK(sent.find('u', last_lower) != std::string::npos);
}
