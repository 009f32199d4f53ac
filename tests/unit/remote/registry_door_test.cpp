// The door to what is lent, over sockets of this process.
#include "../../../src/remote/registry_door.hpp"

#include "support/catch.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

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
  RegistryDoor door({1, {"shop-web@" + kDigest}, Secret("b3Blbg==")});
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
