#include "../src/remote/agent_messages.hpp"

#include "../src/remote/algorithm_lists.hpp"
#include "../src/remote/wire.hpp"
#include "support/catch.hpp"

using namespace segue;

TEST_CASE("Requests have the bytes of the protocol") {
  REQUIRE(list_request() == std::string("\0\0\0\1\x0b", 5));
  REQUIRE(sign_request("K", "DD", 4) ==
          std::string("\0\0\0\x10\x0d\0\0\0\1K\0\0\0\2DD\0\0\0\4", 20));
  REQUIRE(sign_flags("rsa-sha2-512") == 4);
  REQUIRE(sign_flags("rsa-sha2-256") == 2);
  REQUIRE(sign_flags("ssh-ed25519") == 0);
}

TEST_CASE("A list of keys is read, cut off at any byte it is an error") {
  std::string answer("\x0c\0\0\0\2", 5);
  for (const char* text : {"key one", "me@here", "key two", ""}) append_string(answer, text);
  const auto keys = parse_key_list(answer);
  REQUIRE(keys);
  REQUIRE(keys->size() == 2);
  REQUIRE((*keys)[0].public_key == "key one");
  REQUIRE((*keys)[0].comment == "me@here");
  for (size_t length = 0; length < answer.size(); ++length)
    REQUIRE_FALSE(parse_key_list(answer.substr(0, length)));
}

TEST_CASE("A signature is read, a refusal is said") {
  std::string blob;
  append_string(blob, "ssh-ed25519");
  append_string(blob, "sixty-four bytes");
  std::string answer(1, '\x0e');
  append_string(answer, blob);
  const auto signature = parse_signature(answer);
  REQUIRE(signature);
  REQUIRE(signature->algorithm == "ssh-ed25519");
  REQUIRE(signature->bytes == "sixty-four bytes");
  REQUIRE(parse_signature("\x05").error().what == "the agent refused");
  REQUIRE_FALSE(parse_signature(answer.substr(0, answer.size() - 1)));
}

TEST_CASE("What a server offers is read from the clear beginning of a handshake") {
  std::string payload(1, '\x14');
  payload += std::string(16, 'c');
  for (const char* list : {"kex-a,kex-b", "ssh-ed25519", "c1", "c2", "m1", "m2"})
    append_string(payload, list);
  std::string packet;
  append_string(packet, std::string(1, '\4') + payload + "pads");
  const std::string bytes = "hello\r\nSSH-2.0-Test\r\n" + packet;
  const auto offered = read_offered_algorithms(bytes);
  REQUIRE(offered);
  REQUIRE(offered->lists[0] == std::vector<std::string>{"kex-a", "kex-b"});
  REQUIRE(offered->lists[5] == std::vector<std::string>{"m2"});
  for (size_t length = 0; length < bytes.size(); ++length)
    REQUIRE_FALSE(read_offered_algorithms(bytes.substr(0, length)));
}
