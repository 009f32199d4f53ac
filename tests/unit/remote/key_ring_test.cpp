// Private keys with passphrases, and those that deploy.yml has from secrets.
#include "../../../src/remote/key_ring.hpp"

#include "../../../src/remote/bcrypt.hpp"
#include "../../../src/remote/key_decryption.hpp"
#include "ssh_fixture.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/os/process.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

using namespace segue;

namespace {

const char* const kPassphrase = "a passphrase";

// The sshd of this file, which knows the key that has a passphrase, too.
SshFixture& ssh() {
  static SshFixture fixture;
  static const bool known = [] {
    fixture.write("authorized_keys",
                  fixture.read("authorized_keys") + fixture.read("user_encrypted.pub"));
    return true;
  }();
  (void)known;
  return fixture;
}

Endpoint locked(const std::string& name = "web") {
  Endpoint endpoint = ssh().endpoint_with(name, "absent");
  endpoint.keys = {ssh().file("user_encrypted")};
  return endpoint;
}

NamedSecret named(const std::string& name, const std::string& value) {
  return {name, Secret(value)};
}

std::string ended(const Endpoint& endpoint, const HostTransport::Options& options = {}) {
  HostTransport transport({endpoint}, options);
  return describe(run(transport, endpoint.name, "exit 3\n").outcome);
}

// Somebody at a terminal, who has these answers.
struct Somebody {
  std::vector<std::string> answers;
  std::vector<std::string> asked;

  HostTransport::Options options() {
    HostTransport::Options options;
    options.ask = [this](const std::string& question) {
      asked.push_back(question);
      const std::string answer = asked.size() <= answers.size() ? answers[asked.size() - 1] : "";
      return Secret(answer);
    };
    return options;
  }
};

// The key with a passphrase in the format and with the cipher that ssh-keygen is told.
std::string rewritten(const std::string& key, const std::vector<std::string>& options) {
  const std::string copy = ssh().file("rewritten");
  std::filesystem::copy_file(ssh().file(key), copy,
                             std::filesystem::copy_options::overwrite_existing);
  ProcessRequest request;
  request.argv = {"ssh-keygen", "-q", "-p", "-P", "", "-N", kPassphrase, "-f", copy};
  request.argv.insert(request.argv.end(), options.begin(), options.end());
  REQUIRE(run_process(request).value().succeeded());
  return copy;
}

}  // namespace

TEST_CASE("A key made of a passphrase is the one that OpenBSD makes") {
  const std::string key = bcrypt_key("password", "salt", 4, 32);
  std::string hex;
  for (const char c : key) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  CHECK(hex == "5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9");
}

TEST_CASE("Every way in which ssh-keygen encrypts keys is opened") {
  for (const char* cipher :
       {"aes256-ctr", "aes128-ctr", "aes256-cbc", "3des-cbc", "aes256-gcm@openssh.com"}) {
    INFO(cipher);
    const std::string file = rewritten("user_ed25519", {"-Z", cipher, "-a", "4"});
    const Secret text(ssh().read("rewritten"));
    const auto clear = decrypt_private_key(text, Secret(kPassphrase));
    REQUIRE(clear);
    ssh().write("clear", clear->reveal());
    std::filesystem::permissions(ssh().file("clear"), std::filesystem::perms::owner_read);
    ProcessRequest request;
    request.argv = {"ssh-keygen", "-y", "-P", "", "-f", ssh().file("clear")};
    const auto shown = run_process(request);
    std::filesystem::remove(ssh().file("clear"));
    REQUIRE(shown.value().succeeded());
    CHECK(split_words(shown->output)[1] == split_words(ssh().read("user_ed25519.pub"))[1]);
    const auto wrong = decrypt_private_key(text, Secret("another passphrase"));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().what == "does not open with this passphrase");
  }
}

TEST_CASE("A key with a passphrase logs in, in OpenSSH's format and as PEM") {
  Endpoint endpoint = locked();
  endpoint.key_passphrase = named("PASSPHRASE", kPassphrase);
  CHECK(ended(endpoint) == "exited 3");
  endpoint.keys = {rewritten("user_ecdsa", {"-m", "PEM"})};
  CHECK(ended(endpoint) == "exited 3");
  endpoint.keys = {rewritten("user_ecdsa", {"-m", "PKCS8"})};
  CHECK(ended(endpoint) == "exited 3");
}

TEST_CASE("A passphrase that is wrong is named, and never shown") {
  Endpoint endpoint = locked();
  endpoint.key_passphrase = named("PASSPHRASE", "not this one");
  const std::string error = ended(endpoint);
  CHECK(contains(error, "user_encrypted does not open with PASSPHRASE (key_passphrase)"));
  CHECK_FALSE(contains(error, "not this one"));
}

TEST_CASE("A key out of a secret logs in, also with lost line ends and with a passphrase") {
  Endpoint endpoint = ssh().endpoint_with("web", "absent");
  endpoint.keys.clear();
  const std::string text = ssh().read("user_ed25519");
  endpoint.key_data = {named("DEPLOY_KEY", text)};
  CHECK(ended(endpoint) == "exited 3");
  endpoint.key_data = {named("DEPLOY_KEY", replace_all(text, "\n", "\\n"))};
  CHECK(ended(endpoint) == "exited 3");
  endpoint.key_data = {named("DEPLOY_KEY", ssh().read("user_encrypted"))};
  endpoint.key_passphrase = named("PASSPHRASE", kPassphrase);
  CHECK(ended(endpoint) == "exited 3");
  endpoint.key_data = {named("DEPLOY_KEY", "hunter2")};
  const std::string error = ended(endpoint);
  CHECK(contains(error, "key_data DEPLOY_KEY is not a private key"));
  CHECK_FALSE(contains(error, "hunter2"));
}

TEST_CASE("Somebody at a terminal is asked once for all hosts") {
  Somebody somebody{{"mistyped", kPassphrase}, {}};
  HostTransport transport({locked("one"), locked("two")}, somebody.options());
  transport.start(Ticket{1}, "one", "exit 3\n");
  transport.start(Ticket{2}, "two", "exit 3\n");
  const auto ran = run_all(transport, {1, 2});
  CHECK(describe(ran.at(1).outcome) == "exited 3");
  CHECK(describe(ran.at(2).outcome) == "exited 3");
  REQUIRE(somebody.asked.size() == 2);
  CHECK(contains(somebody.asked[0], "Passphrase of " + ssh().file("user_encrypted")));
  CHECK(contains(somebody.asked[1], "Not that one"));
}

TEST_CASE("Nobody is asked for the passphrase of a key that the server would not take") {
  Somebody somebody{{kPassphrase}, {}};
  Endpoint endpoint = locked();
  endpoint.keys = {rewritten("stranger", {})};
  std::filesystem::copy_file(ssh().file("stranger.pub"), ssh().file("rewritten.pub"));
  CHECK(contains(ended(endpoint, somebody.options()), "rewritten was refused"));
  CHECK(somebody.asked.empty());
  std::filesystem::remove(ssh().file("rewritten.pub"));
}

TEST_CASE("An agent that has the key is asked before somebody at the terminal") {
  Somebody somebody{{kPassphrase}, {}};
  const std::string socket = ssh().start_agent("user_agent");
  Endpoint endpoint =
      ssh().endpoint_with("web", "absent", "IdentitiesOnly no\nIdentityAgent " + socket);
  endpoint.keys = {ssh().file("user_encrypted")};
  CHECK(ended(endpoint, somebody.options()) == "exited 3");
  CHECK(somebody.asked.empty());
}

TEST_CASE("Who gives no passphrase is not asked again, and the error says so") {
  Somebody somebody;
  const std::string error = ended(locked(), somebody.options());
  CHECK(contains(error, "user_encrypted is encrypted, and was not opened"));
  CHECK(somebody.asked.size() == 1);
}

TEST_CASE("ssh is lent what it can't open, only while it logs in") {
  const std::string root = ssh().file("lent");
  std::filesystem::create_directory(root);
  ::setenv("XDG_RUNTIME_DIR", root.c_str(), 1);
  Endpoint endpoint = locked();
  endpoint.transport = SshTransport::openssh;
  endpoint.connect_timeout = Duration{30'000};
  endpoint.key_passphrase = named("PASSPHRASE", kPassphrase);
  {
    HostTransport transport({endpoint});
    CHECK(describe(run(transport, "web", "exit 3\n").outcome) == "exited 3");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
      CHECK_FALSE(contains(entry.path().filename().string(), ".key"));
  }
  endpoint.key_data = {named("DEPLOY_KEY", ssh().read("stranger"))};
  endpoint.key_passphrase = {};
  endpoint.keys.clear();
  const std::string error = ended(endpoint);
  INFO(error);
  CHECK(contains(error, "key_data DEPLOY_KEY was refused"));
  endpoint.key_data = {named("DEPLOY_KEY", ssh().read("user_encrypted"))};
  CHECK(contains(ended(endpoint), "key_data DEPLOY_KEY is encrypted"));
  ::unsetenv("XDG_RUNTIME_DIR");
  CHECK(std::filesystem::is_empty(root));
}
