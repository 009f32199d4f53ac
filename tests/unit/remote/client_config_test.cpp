// ~/.ssh/config read without asking ssh: the same as ssh says, or nothing.
#include "../../../src/remote/client_config.hpp"

#include "../../../src/remote/host_settings.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/process.hpp"
#include "segue/os/real_files.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <random>

using namespace segue;

namespace {

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "segue-config-XXXXXX") {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    REQUIRE(RealFiles().write(file(name), text, 0600));
  }

 private:
  std::string path_;
};

Endpoint endpoint_of(const std::string& address, const std::string& file) {
  Endpoint endpoint;
  endpoint.name = endpoint.address = address;
  endpoint.ssh_config_file = file;
  return endpoint;
}

ClientConfig read(const std::string& file) {
  return ClientConfig::read(ClientConfig::usual_places(file));
}

std::string text_of(const HostSettings& settings) {
  std::string keys;
  for (const std::string& file : settings.key_files)
    if (!file.ends_with("/id_dsa") && !file.ends_with("/id_xmss") && !file.ends_with("_sk"))
      keys += " " + file;
  return fmt::format("{}@{}:{} known {}:{} files {} agent {} only {} new {} ssh {} keys{}",
                     settings.user, settings.host, settings.port, settings.known_name,
                     settings.known_port, join(settings.known_hosts_files, " "),
                     settings.agent_socket, settings.only_these_keys, settings.accept_new,
                     settings.only_openssh, keys);
}

// Nothing when ssh says that the file is wrong.
std::optional<std::string> as_ssh_says(const Endpoint& endpoint) {
  ProcessRequest request;
  request.argv = settings_command(endpoint);
  const ProcessResult result = run_process(request).value();
  if (!result.succeeded()) return std::nullopt;
  return text_of(read_host_settings(endpoint, result.output));
}

std::optional<std::string> as_we_say(const Endpoint& endpoint) {
  const auto lines = read(endpoint.ssh_config_file).settings_of(endpoint);
  if (!lines) return std::nullopt;
  return text_of(read_host_settings(endpoint, *lines));
}

// A configuration by chance, of all that the reader knows and some that it does not.
class MadeUp {
 public:
  explicit MadeUp(unsigned seed, const Folder& folder) : chance_(seed), folder_(folder) {}

  std::string config(int depth = 0) {
    std::string text;
    const int lines = 3 + number(8);
    for (int i = 0; i < lines; ++i) text += line(depth) + "\n";
    return text;
  }

 private:
  int number(int below) { return std::uniform_int_distribution<int>(0, below - 1)(chance_); }

  template <size_t N>
  std::string one_of(const char* const (&list)[N]) {
    return list[static_cast<size_t>(number(N))];
  }

  std::string line(int depth) {
    if (number(4) == 0) return host();
    if (depth < 2 && number(10) == 0) return include(depth);
    return setting();
  }

  std::string host() {
    std::string text = one_of({"Host", "host", "HOST", "  Host"});
    for (int i = number(3); i >= 0; --i)
      text += one_of({" *", " web", " web-*", " !web-2", " web-?", " 192.0.2.*", " !*", " db",
                      " \"web-1\"", " Web-1", " !web"});
    return text;
  }

  std::string include(int depth) {
    const std::string name = fmt::format("part{}", ++parts_);
    folder_.write(name, config(depth + 1));
    return "Include " + folder_.file(one_of({"part1", "part?", "missing*"})) +
           (number(2) == 0 ? "" : " " + folder_.file(name));
  }

  std::string setting() {
    const std::string blank = one_of({" ", "\t", "=", " = ", "  "});
    const std::string end = one_of({"", "", "", " ", "\r", "  # comment"});
    switch (number(15)) {
      case 0:
        return "HostName" + blank +
               one_of({"%h.example.com", "Example.COM", "192.0.2.7", "127.1", "::0001", "a%%b",
                       "%h"}) +
               end;
      case 1:
        return "User" + blank + one_of({"deploy", "Root", "\"two words\""}) + end;
      case 2:
        return "port" + blank + one_of({"22", "2222", "65535"}) + end;
      case 3:
        return "HostKeyAlias" + blank + one_of({"alias", "Alias", "none"}) + end;
      case 4:
        return "IdentityAgent" + blank +
               one_of({"none", "SSH_AUTH_SOCK", "$HOME", "~/agent", "/run/%r/agent"}) + end;
      case 5:
        return "IdentitiesOnly" + blank + one_of({"yes", "no", "true"}) + end;
      case 6:
        return "StrictHostKeyChecking" + blank + one_of({"yes", "no", "ask", "accept-new", "off"}) +
               end;
      case 7:
        return "UserKnownHostsFile" + blank +
               one_of({"~/k1 /k2", "%d/k", "none", "\"/k 1\"", "/k/%h"}) + end;
      case 8:
        return "GlobalKnownHostsFile" + blank + one_of({"/g1 /g2", "none", "/dev/null"}) + end;
      case 9:
      case 10:
        return "IdentityFile" + blank +
               one_of({"~/.ssh/one", "/keys/two", "none", "\"~/.ssh/a key\"", "/keys/%r@%h:%p",
                       "/keys/50%%"}) +
               end;
      case 11:
        return "ProxyJump" + blank + one_of({"bastion", "me@bastion:2200", "none", "a,b"}) + end;
      case 12:
        return "ProxyCommand" + blank + one_of({"nc %h %p", "none", "sh -c 'x \"y'"});
      case 13:
        return one_of({"CertificateFile /c1", "RevokedHostKeys /r", "PKCS11Provider /p.so",
                       "PKCS11Provider none"});
      default:
        return one_of({"", "# a comment", "   ", "ForwardAgent yes", "SendEnv LANG LC_*",
                       "HashKnownHosts yes", "Compression yes", "ServerAliveInterval 15",
                       "LocalForward 8080 localhost:80", "RemoteCommand echo \"x'"});
    }
  }

  std::mt19937 chance_;
  const Folder& folder_;
  int parts_ = 0;
};

}  // namespace

TEST_CASE("Made-up configurations are read as ssh reads them") {
  const std::optional<std::string> there = as_ssh_says(endpoint_of("web", "/dev/null"));
  if (!there) FAIL("skipped: this machine has no ssh");
  int understood = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    const Folder folder;
    const std::string text = MadeUp(seed, folder).config();
    folder.write("config", text);
    for (const char* address : {"web-1", "web", "192.0.2.7"}) {
      const Endpoint endpoint = endpoint_of(address, folder.file("config"));
      const auto ours = as_we_say(endpoint);
      if (!ours) continue;
      ++understood;
      INFO("seed " << seed << ", " << address << ":\n" << text);
      const auto theirs = as_ssh_says(endpoint);
      REQUIRE(theirs);
      REQUIRE(*ours == *theirs);
    }
  }
  INFO(understood);
  CHECK(understood > 90);  // of 180: else it shows nothing
}

TEST_CASE("What only ssh understands is left to it, for every host") {
  const Folder folder;
  for (const char* line : {
           "Match exec true",
           "Match host web",
           "HostName %n.example.com",
           "IdentityFile 'quoted'",
           "IdentityFile /a\\ b",
           "IdentityFile \"/not closed",
           "UserKnownHostsFile /k/%i",
           "UserKnownHostsFile ${HOME}/k",
           "IdentityAgent ${SOCK}",
           "CanonicalizeHostname yes",
           "NotAKeyword yes",
           "IgnoreUnknown NotAKeyword",
           "Port ssh",
           "Port 0",
           "User",
           "User %d",
           "Include ~other/config",
           "Include ${HOME}/config",
           "StrictHostKeyChecking maybe",
           "User joe and more",
       }) {
    INFO(line);
    folder.write("config", std::string("Host other\n") + line + "\n");
    const ClientConfig config = read(folder.file("config"));
    CHECK(contains(config.not_understood(), folder.file("config") + ":2"));
    CHECK_FALSE(config.settings_of(endpoint_of("web", "")));
  }
}

TEST_CASE("A file that others may write to is left to ssh, which refuses it") {
  const Folder folder;
  folder.write("config", "User joe\n");
  const ClientConfig::Places places{folder.file(""), folder.file("config"), false, ""};
  CHECK(ClientConfig::read(places).not_understood().empty());
  std::filesystem::permissions(folder.file("config"), std::filesystem::perms::group_write,
                               std::filesystem::perm_options::add);
  CHECK_FALSE(ClientConfig::read(places).not_understood().empty());
}

TEST_CASE("The user's file comes before the system's, and neither has to be there") {
  const Folder folder;
  ClientConfig::Places places{folder.file(""), folder.file("mine"), false, folder.file("system")};
  const auto settings = [&] {
    return read_host_settings(
        endpoint_of("web", ""),
        ClientConfig::read(places).settings_of(endpoint_of("web", "")).value());
  };
  CHECK(settings().host == "web");
  folder.write("system", "User both\nHost *\nPort 2222\n");
  CHECK(settings().user == "both");
  folder.write("mine", "Host other\nHost web\nUser mine\n");
  CHECK(settings().user == "mine");
  CHECK(settings().port == 2222);
}

TEST_CASE("An include that includes itself is left to ssh") {
  const Folder folder;
  folder.write("config", "Include " + folder.file("config") + "\n");
  CHECK_FALSE(read(folder.file("config")).not_understood().empty());
}

TEST_CASE("A file that was named and is not there is left to ssh, which says so") {
  CHECK_FALSE(read("/no/such/file").not_understood().empty());
}
