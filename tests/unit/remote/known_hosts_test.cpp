#include "../src/remote/known_hosts.hpp"

#include "../src/remote/wire.hpp"
#include "support/catch.hpp"

#include "segue/base/base64.hpp"

#include <fmt/format.h>

#include <random>

using namespace segue;
using Kind = KnownHostsVerdict::Kind;

namespace {

std::string key(const std::string& type, const std::string& rest) {
  std::string bytes;
  append_string(bytes, type);
  append_string(bytes, rest);
  return bytes;
}

std::string line(const std::string& names, const std::string& bytes) {
  return fmt::format("{} {} {} a comment\n", names, key_type_of(bytes), encode_base64(bytes));
}

const std::string kOurs = key("ssh-ed25519", "0123456789abcdef0123456789abcdef");
const std::string kOther = key("ssh-ed25519", "an attacker's key, of just 32 by");
const std::string kRsa = key("ssh-rsa", "n and e");

KnownHosts known(const std::string& text) {
  KnownHosts hosts;
  hosts.add("known_hosts", text);
  return hosts;
}

}  // namespace

TEST_CASE("A key that is there is known, one that is not is unknown, a different one has changed") {
  const KnownHosts hosts = known("# comment\n\n" + line("web-1,192.0.2.1", kOurs));
  REQUIRE(hosts.check("web-1", 22, kOurs).kind == Kind::known);
  REQUIRE(hosts.check("WEB-1", 22, kOurs).kind == Kind::known);
  REQUIRE(hosts.check("192.0.2.1", 22, kOurs).kind == Kind::known);
  REQUIRE(hosts.check("web-2", 22, kOurs).kind == Kind::unknown);
  const KnownHostsVerdict changed = hosts.check("web-1", 22, kOther);
  REQUIRE(changed.kind == Kind::changed);
  REQUIRE(changed.where == "known_hosts:3");
}

TEST_CASE("Another type of key is unknown, not changed, and the known types can be asked for") {
  const KnownHosts hosts = known(line("web-1", kOurs));
  REQUIRE(hosts.check("web-1", 22, kRsa).kind == Kind::unknown);
  REQUIRE(hosts.types_of("web-1", 22) == std::vector<std::string>{"ssh-ed25519"});
  REQUIRE(hosts.types_of("web-2", 22).empty());
}

TEST_CASE("One of several keys of a host is enough") {
  const KnownHosts hosts = known(line("web-1", kOther) + line("web-1", kOurs));
  REQUIRE(hosts.check("web-1", 22, kOurs).kind == Kind::known);
  REQUIRE(hosts.check("web-1", 22, kOther).kind == Kind::known);
}

TEST_CASE("A port belongs to the name; a key known without port is good for any") {
  const KnownHosts hosts = known(line("[web-1]:2222", kOurs) + line("web-2", kOurs));
  REQUIRE(hosts.check("web-1", 2222, kOurs).kind == Kind::known);
  REQUIRE(hosts.check("web-1", 22, kOurs).kind == Kind::unknown);
  REQUIRE(hosts.check("web-1", 2223, kOurs).kind == Kind::unknown);
  REQUIRE(hosts.check("web-1", 2222, kOther).kind == Kind::changed);
  REQUIRE(hosts.check("web-2", 2222, kOurs).kind == Kind::known);
  REQUIRE(hosts.check("web-2", 2222, kOther).kind == Kind::unknown);
}

TEST_CASE("A revoked key is refused wherever the line stands, also by a pattern") {
  const std::string revoked = "@revoked " + line("*", kOurs);
  REQUIRE(known(line("web-1", kOurs) + revoked).check("web-1", 22, kOurs).kind == Kind::revoked);
  REQUIRE(known(revoked + line("web-1", kOurs)).check("web-1", 22, kOurs).kind == Kind::revoked);
  REQUIRE(known(revoked).check("web-1", 2222, kOurs).kind == Kind::revoked);
  REQUIRE(known(revoked).check("web-1", 22, kOther).kind == Kind::unknown);
  REQUIRE(known(revoked).types_of("web-1", 22).empty());
}

TEST_CASE("Hashed names match only their own name") {
  // The second line hides 192.168.1.61, the first one nothing: its hash is too short.
  const std::string type_and_key = "ssh-ed25519 " + encode_base64(kOurs);
  const KnownHosts hosts =
      known("|1|c2FsdHNhbHRzYWx0c2FsdHNhbHQ=|TEST= " + type_and_key + "\n" +
            "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= " + type_and_key + "\n");
  REQUIRE(hosts.check("192.168.1.61", 22, kOurs).kind == Kind::known);
  REQUIRE(hosts.check("192.168.1.62", 22, kOurs).kind == Kind::unknown);
}

TEST_CASE("Patterns match as in ssh, and an exception wins") {
  const KnownHosts hosts = known(line("*.example.com,!bad.example.com", kOurs));
  REQUIRE(hosts.check("web.example.com", 22, kOurs).kind == Kind::known);
  REQUIRE(hosts.check("bad.example.com", 22, kOurs).kind == Kind::unknown);
  REQUIRE(hosts.check("example.org", 22, kOurs).kind == Kind::unknown);
}

TEST_CASE("Certificate authorities and garbage are passed over without harm to other lines") {
  const KnownHosts hosts =
      known("@cert-authority " + line("*", kOther) + "web-1\nweb-1 ssh-ed25519\n" +
            "web-1 ssh-ed25519 !!!!\nweb-1 ssh-rsa " + encode_base64(kOurs) + "\n" +
            std::string(2, '\0') + "\n|1|x|y z w\n" + line("web-1", kOurs));
  REQUIRE(hosts.check("web-1", 22, kOurs).kind == Kind::known);
  REQUIRE(hosts.check("web-2", 22, kOther).kind == Kind::unknown);
}

TEST_CASE("Random bytes never make a key known") {
  std::mt19937 random(20261121);
  const std::string alphabet = "@|1*?!,.[]: \n\tssh-ed25519web=AAAA#\x00\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    const size_t length = random() % 200;
    for (size_t i = 0; i < length; ++i) text += alphabet[random() % alphabet.size()];
    // A good line in the midst of it must neither be lost nor count for another host.
    const KnownHosts hosts = known(text + "\n" + line("other", kOurs));
    REQUIRE(hosts.check("web-1", 22, kOther).kind == Kind::unknown);
    REQUIRE(hosts.check("web-1", 22, kOurs).kind == Kind::unknown);
    REQUIRE(hosts.check("other", 22, kOurs).kind == Kind::known);
  }
}
