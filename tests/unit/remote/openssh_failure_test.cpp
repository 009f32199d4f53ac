#include "../src/remote/openssh_failure.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"

using namespace segue;

namespace {

using Kind = OpensshFailure::Kind;

OpensshFailure read(const std::string& log) {
  Endpoint endpoint;
  endpoint.address = "web-1";
  return read_openssh_failure(endpoint, log);
}

constexpr const char* kBegin =
    "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.17\r\n"
    "debug1: Reading configuration data /etc/ssh/ssh_config\r\n"
    "debug1: Connecting to web-1.example.com [192.0.2.7] port 2222.\r\n"
    "debug1: Authenticating to web-1.example.com:2222 as 'deploy'\r\n"
    "debug1: Server host key: ssh-ed25519 SHA256:abcdef\r\n";

}  // namespace

TEST_CASE("A host key that ssh refuses is told as by libssh2") {
  const auto unknown =
      read(std::string(kBegin) +
           "No ED25519 host key is known for [web-1.example.com]:2222 and you have "
           "requested strict checking.\r\nHost key verification failed.\r\n");
  CHECK(unknown.kind == Kind::other);
  CHECK(unknown.error.what ==
        "the host key of web-1.example.com is not known: ssh-ed25519 SHA256:abcdef");
  CHECK(contains(unknown.error.hint, "ssh -p 2222 web-1"));
  const auto changed = read(std::string(kBegin) +
                            "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n"
                            "Offending ED25519 key in /home/me/.ssh/known_hosts:3\r\n"
                            "Host key verification failed.\r\n");
  CHECK(contains(changed.error.what, "has changed"));
  CHECK(contains(changed.error.what, "/home/me/.ssh/known_hosts:3"));
}

TEST_CASE("What a jump host does not do is told with its name") {
  Endpoint endpoint;
  endpoint.address = "web-1";
  endpoint.port = 2222;
  endpoint.proxy = "first,me@second:22";
  const auto what = [&](const std::string& said) {
    return read_openssh_failure(endpoint, std::string(kBegin) + said +
                                              "stdio forwarding failed\r\n"
                                              "kex_exchange_identification: Connection closed by "
                                              "remote host\r\n")
        .error.what;
  };
  CHECK(what("channel 0: open failed: administratively prohibited: open failed\r\n") ==
        "jump host me@second:22: it does not let connections to web-1 port 2222 through");
  CHECK(what("channel 0: open failed: connect failed: Connection refused\r\n") ==
        "jump host me@second:22: it can't connect to web-1 port 2222");
}

TEST_CASE("Keys that were refused are named, and only those of the last login") {
  const auto refused =
      read(std::string(kBegin) +
           "debug1: Offering public key: /home/me/.ssh/bastion ED25519 SHA256:x\r\n"
           "debug1: Authenticating to 10.0.0.1:22 as 'root'\r\n"
           "debug1: Offering public key: my key RSA SHA256:y agent\r\n"
           "root@10.0.0.1: Permission denied (publickey).\r\n");
  CHECK(refused.kind == Kind::refused_keys);
  CHECK(refused.error.what == "10.0.0.1 accepts no key for the user root: my key was refused");
  const auto many = read(std::string(kBegin) +
                         "debug1: Offering public key: /a ED25519 SHA256:x\r\n"
                         "Received disconnect from 192.0.2.7 port 2222:2: Too many authentication "
                         "failures\r\nDisconnected from 192.0.2.7 port 2222\r\n");
  CHECK(many.kind == Kind::other);
  CHECK(contains(many.error.what, "hung up after too many keys: /a was refused"));
}

TEST_CASE("What keeps a connection from being made has its name") {
  CHECK(read("ssh: connect to host web-1 port 22: Connection refused\r\n").error.what ==
        "web-1 port 22: connection refused");
  CHECK(read("ssh: Could not resolve hostname web-1: Name or service not known\r\n").error.what ==
        "the name web-1 does not resolve: Name or service not known");
  CHECK(contains(read("Unable to negotiate with 192.0.2.7 port 22: no matching cipher found. Their "
                      "offer: 3des-cbc\r\n")
                     .error.what,
                 "no common algorithm: Unable to negotiate"));
  const auto dropped = read(
      "kex_exchange_identification: Connection closed by remote host\r\n"
      "Connection closed by 192.0.2.7 port 22\r\n");
  CHECK(dropped.kind == Kind::dropped);
  CHECK(contains(dropped.error.what, "dropped before the server's greeting"));
}

TEST_CASE("Nothing at all, and nonsense, is an error too") {
  CHECK(read("").error.code == Code::unreachable);
  CHECK_FALSE(read("").error.what.empty());
  CHECK(contains(read("command-line: line 0: Bad configuration option: x\x1b[31m\n").error.what,
                 "Bad configuration option: x"));
  CHECK(read("debug1: Server host key: \ndebug1: Connecting to [\nOffending \n").error.code ==
        Code::unreachable);
}
