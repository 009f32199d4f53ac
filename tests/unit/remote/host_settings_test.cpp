#include "../src/remote/host_settings.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"

#include <stdlib.h>

#include <cctype>

using namespace segue;

namespace {
Endpoint web() {
  Endpoint endpoint;
  endpoint.name = "web-1";
  endpoint.address = "web";
  return endpoint;
}
}  // namespace

TEST_CASE("What the endpoint says is passed to ssh, and the host stands behind a double dash") {
  Endpoint endpoint = web();
  endpoint.user = "deploy";
  endpoint.port = 2222;
  endpoint.ssh_config_file = "/etc/our_config";
  REQUIRE(join(settings_command(endpoint), " ") ==
          "ssh -G -F /etc/our_config -p 2222 -l deploy -- web");
  REQUIRE(join(settings_command(web()), " ") == "ssh -G -- web");
}

TEST_CASE("The output of ssh -G is read") {
  Endpoint endpoint = web();
  endpoint.keys = {"/keys/first"};
  const HostSettings settings =
      read_host_settings(endpoint,
                         "user deploy\nhostname web-1.example.com\nport 2222\n"
                         "identityfile /keys/%r@%h\nidentityfile /keys/50%%\n"
                         "identityagent /run/agent\nidentitiesonly yes\n"
                         "globalknownhostsfile /etc/known /etc/known2\n"
                         "userknownhostsfile /home/k1 /home/k2\nstricthostkeychecking ask\n"
                         "proxyjump none\n");
  REQUIRE(settings.host == "web-1.example.com");
  REQUIRE(settings.port == 2222);
  REQUIRE(settings.user == "deploy");
  REQUIRE(settings.known_name == "web-1.example.com");
  REQUIRE(settings.known_port == 2222);
  REQUIRE(join(settings.key_files, " ") == "/keys/first /keys/deploy@web-1.example.com /keys/50%");
  REQUIRE(settings.agent_socket == "/run/agent");
  REQUIRE(settings.only_these_keys);
  REQUIRE(join(settings.known_hosts_files, " ") == "/home/k1 /home/k2 /etc/known /etc/known2");
  REQUIRE_FALSE(settings.accept_new);
}

TEST_CASE("A host key alias is looked up without a port") {
  const HostSettings settings =
      read_host_settings(web(), "hostname 192.0.2.1\nport 2222\nhostkeyalias web-1\n");
  REQUIRE(settings.known_name == "web-1");
  REQUIRE(settings.known_port == 22);
  REQUIRE(settings.port == 2222);
}

TEST_CASE("The agent is the one of the environment unless another or none is named") {
  ::setenv("SSH_AUTH_SOCK", "/run/usual", 1);
  ::setenv("OTHER_AGENT", "/run/other", 1);
  const auto agent = [](const std::string& output) {
    return read_host_settings(web(), output).agent_socket;
  };
  REQUIRE(agent("") == "/run/usual");
  REQUIRE(agent("identityagent SSH_AUTH_SOCK\n") == "/run/usual");
  REQUIRE(agent("identityagent $OTHER_AGENT\n") == "/run/other");
  REQUIRE(agent("identityagent none\n").empty());
  REQUIRE(agent("identityagent ~/agent\n") == home_folder() + "/agent");
  ::unsetenv("OTHER_AGENT");
  ::unsetenv("SSH_AUTH_SOCK");
}

TEST_CASE("A setting that only OpenSSH can follow is named") {
  for (const char* line :
       {"ProxyJump %h.bastion", "ProxyCommand nc %h %p", "RevokedHostKeys /etc/bad",
        "PKCS11Provider /lib/p11.so", "CertificateFile /keys/cert.pub"}) {
    std::string key = split_words(line)[0];
    for (char& c : key) c = static_cast<char>(std::tolower(c));
    const std::string value = std::string(line).substr(key.size());
    CHECK(read_host_settings(web(), "hostname x\n" + key + value + "\n").only_openssh == line);
    CHECK(read_host_settings(web(), "hostname x\n" + key + " none\n").only_openssh.empty());
  }
  CHECK(read_host_settings(web(), "gssapiauthentication yes\n").only_openssh.empty());
  Endpoint behind = web();
  behind.proxy = "bastion:port";
  CHECK(read_host_settings(behind, "hostname x\n").only_openssh == "ssh.proxy bastion:port");
  CHECK(default_host_settings(behind).only_openssh == "ssh.proxy bastion:port");
}

TEST_CASE("Jump hosts are those of deploy.yml, else those of ssh's configuration") {
  const std::string jump = "hostname x\nproxyjump me@first:2222,second\n";
  CHECK(read_host_settings(web(), jump).jumps == "me@first:2222,second");
  CHECK(read_host_settings(web(), jump).only_openssh.empty());
  Endpoint behind = web();
  behind.proxy = "bastion";
  CHECK(read_host_settings(behind, jump).jumps == "bastion");
  CHECK(read_host_settings(behind, "proxycommand nc %h %p\n").only_openssh.empty());
  CHECK(default_host_settings(behind).jumps == "bastion");
  behind.proxy = "none";
  CHECK(read_host_settings(behind, jump).jumps.empty());
  behind.proxy = "";
  behind.proxy_command = "nc";
  CHECK(read_host_settings(behind, jump).jumps.empty());
  CHECK(read_host_settings(behind, jump).only_openssh == "ssh.proxy_command");
}

TEST_CASE("keys_only leaves the keys of the endpoint and no others") {
  Endpoint endpoint = web();
  endpoint.keys = {"/keys/first"};
  endpoint.keys_only = true;
  const HostSettings settings =
      read_host_settings(endpoint, "identityfile /keys/other\nidentitiesonly no\n");
  CHECK(join(settings.key_files, " ") == "/keys/first");
  CHECK(settings.only_these_keys);
  CHECK(join(default_host_settings(endpoint).key_files, " ") == "/keys/first");
}
