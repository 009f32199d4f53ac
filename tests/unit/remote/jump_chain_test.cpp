#include "../src/remote/jump_chain.hpp"

#include "support/catch.hpp"

#include <fmt/format.h>

using namespace segue;

namespace {

// "first me@second:2222", or "no list".
std::string parsed(const std::string& text) {
  const auto hops = parse_jump_chain(text);
  if (!hops) return "no list";
  std::string shown;
  for (const JumpHop& hop : *hops) {
    if (!shown.empty()) shown += ' ';
    if (hop.user) shown += *hop.user + "@";
    shown += hop.host;
    if (hop.port) shown += fmt::format(":{}", *hop.port);
  }
  return shown;
}

}  // namespace

TEST_CASE("Jump hosts are read as ssh -J takes them") {
  CHECK(parsed("bastion") == "bastion");
  CHECK(parsed("me@first:2222,second") == "me@first:2222 second");
  CHECK(parsed("ssh://me@first:2222,ssh://second") == "me@first:2222 second");
  CHECK(parsed("[2001:db8::1]:2222,2001:db8::2") == "2001:db8::1:2222 2001:db8::2");
  CHECK(parsed("me@work@first") == "me@work@first");
}

TEST_CASE("What is no list of jump hosts is left to ssh, which says so") {
  for (const char* text : {"", "a,", ",a", "a,,b", "@a", "me@", "a:", "a:0", "a:65536", "a:x",
                           "-oProxyCommand=x", "%h.bastion", "a b", "[::1", "[::1]x", "ssh://a/b"})
    CHECK(parsed(text) == "no list");
}

TEST_CASE("A jump host has its own settings, and is reached through those before it") {
  Endpoint behind;
  behind.name = "web-1";
  behind.address = "10.0.0.5";
  behind.user = "deploy";
  behind.port = 2200;
  behind.keys = {"/keys/deploy"};
  behind.ssh_config_file = "/etc/our_config";
  behind.connect_timeout = Duration{7'000};
  const Endpoint last = jump_endpoint(behind, *parse_jump_chain("me@first:2222,second"));
  CHECK(last.name == "jump host second");
  CHECK(last.address == "second");
  CHECK(last.proxy == "me@first:2222");
  CHECK_FALSE(last.user);
  CHECK_FALSE(last.port);
  CHECK(last.keys.empty());
  CHECK(last.ssh_config_file == "/etc/our_config");
  CHECK(last.connect_timeout == Duration{7'000});
  const Endpoint first = jump_endpoint(last, *parse_jump_chain(last.proxy));
  CHECK(first.address == "first");
  CHECK(first.user == "me");
  CHECK(first.port == 2222);
  CHECK(first.proxy.empty());
}

TEST_CASE("One session serves all who go the same way, and nobody else") {
  Endpoint one;
  one.name = "web-1";
  one.address = "10.0.0.1";
  Endpoint other = one;
  other.name = "web-2";
  other.address = "10.0.0.2";
  other.user = "somebody";
  const auto key = [](const Endpoint& behind, const char* chain) {
    return jump_key(jump_endpoint(behind, *parse_jump_chain(chain)));
  };
  CHECK(key(one, "bastion") == key(other, "bastion"));
  CHECK(key(one, "bastion") != key(one, "me@bastion"));
  CHECK(key(one, "bastion") != key(one, "bastion:22"));
  CHECK(key(one, "bastion") != key(one, "first,bastion"));
  other.ssh_config_file = "/another";
  CHECK(key(one, "bastion") != key(other, "bastion"));
}
