#include "ssh_fixture.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <libssh2.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace segue;

namespace {

SshFixture& ssh() {
  static SshFixture fixture;
  return fixture;
}

Ran log_in(const Endpoint& endpoint) {
  HostTransport transport({endpoint});
  return run(transport, endpoint.name, "echo hello; exit 3\n");
}

std::string host_key_line(const std::string& name, const std::string& key) {
  const std::vector<std::string> words = split_words(ssh().read(key));
  return name + " " + words[0] + " " + words[1] + "\n";
}

std::string our_name() {
  return fmt::format("[127.0.0.1]:{}", ssh().port());
}

}  // namespace

TEST_CASE("Each kind of key file logs in") {
  for (const char* key : {"user_ed25519", "user_ecdsa", "user_rsa", "user_rsa_pem"}) {
    const Ran ran = log_in(ssh().endpoint_with("web", key));
    INFO(key << ": " << describe(ran.outcome));
    if (contains(key, "rsa") && libssh2_version(0x010b00) == nullptr) {
      REQUIRE(contains(describe(ran.outcome), "needs libssh2 1.11 or newer"));
      continue;
    }
    REQUIRE(describe(ran.outcome) == "exited 3");
    REQUIRE(ran.output == "hello\n");
  }
}

TEST_CASE("The agent's key logs in, also an RSA key with SHA-2") {
  std::vector<std::string> keys = {"user_agent"};
  if (libssh2_version(0x010b00) != nullptr) keys.emplace_back("user_rsa");
  for (const std::string& key : keys) {
    const std::string socket = ssh().start_agent(key);
    // The public key is named, its private half is only in the agent.
    const Ran ran = log_in(ssh().endpoint_with("web", key + ".pub", "IdentityAgent " + socket));
    INFO(key << ": " << describe(ran.outcome));
    REQUIRE(describe(ran.outcome) == "exited 3");
  }
}

TEST_CASE("A login that nobody accepts says all that was tried") {
  SECTION("A refused key and an encrypted one") {
    Endpoint endpoint = ssh().endpoint_with("web", "stranger");
    endpoint.keys = {ssh().file("user_encrypted"), ssh().file("no_such_key")};
    const std::string error = describe(log_in(endpoint).outcome);
    INFO(error);
    REQUIRE(contains(error, "not started: 127.0.0.1 accepts no key for the user"));
    REQUIRE(contains(error, ssh().file("stranger") + " was refused"));
    REQUIRE(contains(error, ssh().file("user_encrypted") + " is encrypted"));
    REQUIRE(contains(error, "no agent"));
  }
  SECTION("An agent that is not there") {
    const std::string error = describe(
        log_in(ssh().endpoint_with("web", "stranger", "IdentityAgent /nowhere/agent")).outcome);
    REQUIRE(contains(error, "the agent /nowhere/agent: No such file or directory"));
  }
  SECTION("An agent whose only key is refused") {
    const std::string socket = ssh().start_agent("stranger");
    const std::string error = describe(
        log_in(ssh().endpoint_with("web", "absent", "IdentitiesOnly no\nIdentityAgent " + socket))
            .outcome);
    REQUIRE(contains(error, "agent key stranger was refused"));
  }
}

TEST_CASE("An agent that does not answer holds up only its own host") {
  const std::string path = ssh().file("mute-agent");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  const Fd mute(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(mute.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(mute.get(), 5) == 0);

  Endpoint slow = ssh().endpoint_with("slow", "absent", "IdentityAgent " + path);
  slow.connect_timeout = Duration{7'000};
  std::string told;
  HostTransport::Options options;
  options.waiting = [&](const std::string& host, const std::string& what) {
    told += host + ": " + what;
  };
  HostTransport transport({slow, ssh().endpoint("fast")}, options);
  const TimePoint begin = Clock::now();
  transport.start(Ticket{1}, "slow", "echo never\n");
  transport.start(Ticket{2}, "fast", "echo hello\n");
  REQUIRE(run_all(transport, {2}).at(2).output == "hello\n");
  REQUIRE(Clock::now() - begin < Duration{5'000});
  const std::string error = describe(run_all(transport, {1}).at(1).outcome);
  REQUIRE(contains(error, "no answer within 7s (logging in)"));
  REQUIRE(told == "slow: still logging in after 5s");
}

TEST_CASE("A host key that is not known is refused with its fingerprint and how to compare it") {
  ssh().write("known_none", "");
  const std::string error =
      describe(log_in(ssh().endpoint_with("web", "user_ed25519", "", "known_none")).outcome);
  INFO(error);
  ProcessRequest request;
  request.argv = {"ssh-keygen", "-lf", ssh().file("host_ed25519.pub")};
  const std::string listed = run_process(request).value().output;
  request.argv.back() = ssh().file("host_ecdsa.pub");
  const std::string fingerprints = listed + run_process(request).value().output;
  const size_t at = error.find("SHA256:");
  REQUIRE(at != std::string::npos);
  REQUIRE(contains(fingerprints, error.substr(at, 50)));
  REQUIRE(contains(error, "not started: the host key of 127.0.0.1 is not known"));
  REQUIRE(contains(error, "ssh-keygen -lf /etc/ssh/ssh_host_"));
}

TEST_CASE("A host key that has changed is refused with a warning that names the line") {
  ssh().write("known_wrong", "\n" + host_key_line(our_name(), "stranger.pub"));
  const std::string error =
      describe(log_in(ssh().endpoint_with("web", "user_ed25519", "", "known_wrong")).outcome);
  INFO(error);
  REQUIRE(contains(error, "not started: WARNING: the host key of 127.0.0.1 has changed"));
  REQUIRE(contains(error, ssh().file("known_wrong") + ":2"));
}

TEST_CASE("A revoked host key is refused although it is known") {
  ssh().write("known_revoked", host_key_line(our_name(), "host_ed25519.pub") + "@revoked " +
                                   host_key_line("*", "host_ed25519.pub"));
  const std::string refused =
      describe(log_in(ssh().endpoint_with("web", "user_ed25519", "", "known_revoked")).outcome);
  INFO(refused);
  REQUIRE(contains(refused, "is revoked by " + ssh().file("known_revoked") + ":2"));
}

TEST_CASE("The server shows the kind of key that is known, whichever that is") {
  for (const char* type : {"host_ed25519.pub", "host_ecdsa.pub"}) {
    ssh().write("known_one", host_key_line(our_name(), type));
    const Ran ran = log_in(ssh().endpoint_with("web", "user_ed25519", "", "known_one"));
    INFO(type);
    REQUIRE(describe(ran.outcome) == "exited 3");
  }
}

TEST_CASE("With accept-new a first host key is stored, and then it is known") {
  ssh().write("known_new", "# mine");
  const Endpoint accepting =
      ssh().endpoint_with("web", "user_ed25519", "StrictHostKeyChecking accept-new", "known_new");
  REQUIRE(describe(log_in(accepting).outcome) == "exited 3");
  REQUIRE(contains(ssh().read("known_new"), "# mine\n" + our_name()));
  REQUIRE(describe(log_in(ssh().endpoint_with("web", "user_ed25519", "", "known_new")).outcome) ==
          "exited 3");
}

TEST_CASE("Nobody listens: connection refused") {
  Endpoint endpoint = ssh().endpoint("web");
  endpoint.port = 1;
  const std::string error = describe(log_in(endpoint).outcome);
  REQUIRE(contains(error, "not started: 127.0.0.1 port 1: connection refused"));
}

TEST_CASE("A server that never greets: the timeout says where it stopped") {
  const Fd mute(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(::bind(mute.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(mute.get(), 5) == 0);
  ::getsockname(mute.get(), reinterpret_cast<sockaddr*>(&address), &length);
  Endpoint endpoint = ssh().endpoint("web");
  endpoint.port = ntohs(address.sin_port);
  endpoint.connect_timeout = Duration{300};
  const TimePoint begin = Clock::now();
  const std::string error = describe(log_in(endpoint).outcome);
  REQUIRE(contains(error, "no answer within 300ms (in the handshake)"));
  REQUIRE(Clock::now() - begin < Duration{5'000});
}

TEST_CASE("A name that does not resolve, and one that would be an option of ssh") {
  Endpoint endpoint = ssh().endpoint("web");
  endpoint.address = "no-such-host.invalid";
  endpoint.port.reset();
  REQUIRE(contains(describe(log_in(endpoint).outcome),
                   "not started: the name no-such-host.invalid does not resolve"));
  endpoint.address = "-oProxyCommand=true";
  REQUIRE(contains(describe(log_in(endpoint).outcome), "is not the name of a host"));
}

TEST_CASE("Without ssh_config the files of ~/.ssh are used") {
  const std::string home = environment_variable("HOME").value_or("/");
  RealFiles files;
  REQUIRE(files.make_directories(ssh().file(".ssh"), 0700));
  ssh().write(".ssh/id_ed25519", ssh().read("user_ed25519"));
  ssh().write(".ssh/known_hosts", ssh().read("known"));
  Endpoint endpoint = ssh().endpoint("web");
  endpoint.read_ssh_config = false;
  ::setenv("HOME", ssh().file("").c_str(), 1);
  const Ran ran = log_in(endpoint);
  ::setenv("HOME", home.c_str(), 1);
  INFO(describe(ran.outcome));
  REQUIRE(describe(ran.outcome) == "exited 3");
}

TEST_CASE("A host that the configuration does not name is an outcome too") {
  HostTransport transport({});
  REQUIRE(describe(run(transport, "web-9", "true").outcome) ==
          "not started: there is no server named web-9 | ");
}

TEST_CASE("Settings that need OpenSSH, and a configuration ssh cannot read, are named") {
  REQUIRE(contains(
      describe(log_in(ssh().endpoint_with("web", "user_ed25519", "ProxyCommand nc %h %p")).outcome),
      "127.0.0.1 needs the system's ssh: ProxyCommand nc %h %p"));
  REQUIRE(contains(
      describe(log_in(ssh().endpoint_with("web", "user_ed25519", "NoSuchWord yes")).outcome),
      "`ssh -G 127.0.0.1` failed"));
}

TEST_CASE("Servers that cannot be talked to say why") {
  SECTION("Nothing in common") {
    const SshFixture strict("KexAlgorithms sntrup761x25519-sha512@openssh.com");
    const Endpoint endpoint = strict.endpoint("web");
    HostTransport transport({endpoint});
    const std::string error = describe(run(transport, "web", "true\n").outcome);
    INFO(error);
    REQUIRE(contains(error,
                     "no common algorithm: key exchange: the server offers only "
                     "sntrup761x25519-sha512@openssh.com"));
  }
  SECTION("No keys allowed") {
    const SshFixture strict("PubkeyAuthentication no\nPasswordAuthentication yes");
    HostTransport transport({strict.endpoint("web")});
    const std::string error = describe(run(transport, "web", "true\n").outcome);
    REQUIRE(contains(error, "takes no keys, only: password"));
  }
  SECTION("A login shell that runs no commands") {
    const SshFixture strict("ForceCommand echo This account is currently not available.; false");
    HostTransport transport({strict.endpoint("web")});
    const std::string error = describe(run(transport, "web", "echo ran\n").outcome);
    INFO(error);
    REQUIRE(contains(error, "runs no commands: This account is currently not available."));
  }
}
