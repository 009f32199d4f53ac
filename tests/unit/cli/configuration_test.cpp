// `config` and `init` as somebody uses them, and what a repository that means harm can't do.
#include "support/catch.hpp"
#include "support/places.hpp"

#include "segue/base/text.hpp"
#include "segue/os/fd.hpp"
#include "segue/os/process.hpp"

#include <pty.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace segue;
namespace fs = std::filesystem;

namespace {

const std::string kFile =
    "project: shop\nservers: {web-1: {host: 10.0.0.1}}\n"
    "services: {web: {image: \"web:${VERSION}\", hosts: [web-1]}}\n";

class Checkout {
 public:
  Checkout() {
    std::string name = (fs::temp_directory_path() / "segue-config-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Checkout(const Checkout&) = delete;
  Checkout& operator=(const Checkout&) = delete;
  ~Checkout() { fs::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string at(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(at(name)).parent_path());
    std::ofstream(at(name), std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(at(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  ProcessResult segue(const std::vector<std::string>& words, const std::string& below = "") const {
    ProcessRequest request;
    request.argv = {in_build("segue")};
    request.argv.insert(request.argv.end(), words.begin(), words.end());
    request.folder = below.empty() ? path_ : at(below);
    const auto result = run_process(request);
    REQUIRE(result);
    return *result;
  }

 private:
  std::string path_;
};

struct Typed {
  int status = -1;
  std::string shown;
};

// Runs the program on a terminal of its own, where somebody types these lines.
Typed on_terminal(const Checkout& checkout, std::vector<std::string> words,
                  const std::string& lines) {
  int terminal = -1;
  const std::string program = in_build("segue");
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    words.insert(words.begin(), program);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (::chdir(checkout.path().c_str()) == 0) ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  const Fd ours(terminal);
  REQUIRE(::write(terminal, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size()));
  Typed typed;
  std::array<char, 256> bytes{};
  for (ssize_t count = 1; count > 0;) {
    count = ::read(terminal, bytes.data(), bytes.size());
    if (count > 0) typed.shown.append(bytes.data(), static_cast<size_t>(count));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  typed.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return typed;
}

void check_refused(const ProcessResult& result, const std::string& what) {
  INFO(result.error_output);
  CHECK(result.end.status == 2);
  CHECK(contains(result.error_output, what));
}

}  // namespace

TEST_CASE("on a terminal init asks, and what is typed stands in the file") {
  const Checkout checkout;
  const Typed typed = on_terminal(checkout, {"init", "--project", "shop"},
                                  "203.0.113.7\npodman\napi\nacme/api:1\n8080\napi.example.com\n");
  CHECK(typed.status == 0);
  CHECK(contains(typed.shown, "Engine on it, docker or podman [docker]: "));
  CHECK(contains(typed.shown, "Port on which it listens in its container [3000]: "));
  const std::string shown = checkout.segue({"config", "show"}).output;
  for (const char* line : {"host: \"203.0.113.7\"", "engine: podman", "  api:\n",
                           "image: \"acme/api:1\"", "app_port: 8080", "host: api.example.com"})
    CHECK(contains(shown, line));
  CHECK(checkout.read(".gitignore") == ".env\n");
}

TEST_CASE(
    "on a terminal init takes empty answers for its defaults, and asks again after bad ones") {
  const Checkout checkout;
  const Typed typed = on_terminal(checkout, {"init", "--project", "shop"},
                                  "-oProxyCommand=x\n\ncontainerd\n\nMy Service\n\n\nmany\n\n\n");
  CHECK(typed.status == 0);
  CHECK(contains(typed.shown, "is not a valid"));
  CHECK(contains(typed.shown, "must be one of docker, podman"));
  CHECK(contains(typed.shown, "a port is a number from 1 to 65535"));
  const std::string shown = checkout.segue({"config", "show"}).output;
  for (const char* line :
       {"host: localhost", "engine: docker", "  web:\n", "nginx:1.27", "app_port: 80 "})
    CHECK(contains(shown, line));
}

TEST_CASE("what is given as an option is not asked") {
  const Checkout checkout;
  const Typed typed = on_terminal(
      checkout,
      {"init", "--project", "shop", "--host", "localhost", "--engine", "docker", "--service", "web",
       "--image", "acme/web:${VERSION}", "--app-port", "3000", "--domain", "shop.example.com"},
      "");
  CHECK(typed.status == 0);
  CHECK_FALSE(contains(typed.shown, "]: "));
  CHECK(contains(checkout.segue({"config", "show"}).output, "image: \"acme/web:${VERSION}\""));
}

TEST_CASE("an environment's file may extend deploy.yml, and messages name the file they mean") {
  const Checkout checkout;
  checkout.write("deploy.yml", kFile);
  checkout.write("deploy.production.yml", "extends: deploy.yml\nservices: {web: {replicas: 3}}\n");
  const ProcessResult shown = checkout.segue({"config", "show", "-e", "production"});
  CHECK(contains(shown.output, "# deploy.production.yml:2"));
  CHECK(contains(shown.output, "# deploy.yml:1"));
  checkout.write("deploy.production.yml", "extends: deploy.yml\nservices: {web: {replicas: x}}\n");
  checkout.write("deploy.yml", kFile + "sevices: {}\n");
  const ProcessResult wrong = checkout.segue({"config", "validate", "-e", "production"});
  check_refused(wrong, "deploy.production.yml:2:28: error: ");
  check_refused(wrong, "4 | sevices: {}");
  check_refused(checkout.segue({"config", "validate", "-e", "nobody"}), "deploy.nobody.yml");
}

TEST_CASE("config show and schema are JSON for programs") {
  const Checkout checkout;
  checkout.write("deploy.yml", kFile);
  const std::string shown = checkout.segue({"config", "show", "--json", "--version", "v7"}).output;
  CHECK(contains(shown, R"("event":"configuration")"));
  CHECK(contains(shown, R"("image":"web:v7")"));
  CHECK(contains(shown, R"("services.web.image":"deploy.yml:3")"));
  CHECK(contains(checkout.segue({"config", "schema"}).output,
                 "\"$schema\": \"https://json-schema.org"));
}

TEST_CASE("the value of a secret is never asked for, and never shown") {
  const Checkout checkout;
  checkout.write(".env", "PASSWORD=tr4ceable\n");
  const std::string service = "services: {web: {image: web:1, hosts: [web-1], ";
  const std::string top = "project: shop\nservers: {web-1: {host: 10.0.0.1}}\n";
  checkout.write("deploy.yml",
                 top + service + "environment: {clear: {URL: \"db:${PASSWORD}\"}}}}\n");
  for (const char* command : {"show", "validate"}) {
    const ProcessResult result = checkout.segue({"config", command, "--json", "-vv"});
    CHECK(result.end.status == 0);
    CHECK_FALSE(contains(result.output + result.error_output, "tr4ceable"));
  }
  checkout.write("deploy.yml", top + service + "command: \"run ${PASSWORD}\"}}\n");
  const ProcessResult seen = checkout.segue({"config", "validate"});
  check_refused(seen,
                "deploy.yml:3:62: error: `${PASSWORD}` is a secret, which would be seen here");
  CHECK_FALSE(contains(seen.error_output, "tr4ceable"));
  checkout.write("deploy.yml", top + service + "environment: {clear: {URL: \"x${MISSING}\"}}}}\n");
  check_refused(checkout.segue({"config", "validate"}), "`${MISSING}` is not defined");
}

TEST_CASE("what .env has wrong is said of .env, and too long a value of its name") {
  const Checkout checkout;
  checkout.write("deploy.yml", kFile + "environment: {clear: {URL: \"${A}${B}\"}}\n");
  checkout.write(".env", "A='tr4ceable\n");
  check_refused(checkout.segue({"config", "validate", "--version", "v1"}), ".env:1");
  const std::string half(70'000, 'x');
  checkout.write(".env", "A=" + half + "\nB=" + half + "\n");
  const ProcessResult result = checkout.segue({"config", "validate"});
  check_refused(result, "the secret URL is longer than 128 KiB");
  CHECK(result.error_output.size() < 1000);
}

TEST_CASE("a deploy.yml that is a link out of the project is read only when it is named") {
  const Checkout checkout;
  checkout.write("elsewhere/other.yml", "token: tr4ceable\n");
  fs::create_directories(checkout.at("project"));
  fs::create_symlink("../elsewhere/other.yml", checkout.at("project/deploy.yml"));
  const ProcessResult result = checkout.segue({"config", "validate"}, "project");
  check_refused(result, "deploy.yml is a link that leads out of the project");
  CHECK_FALSE(contains(result.error_output, "tr4ceable"));
  check_refused(checkout.segue({"config", "validate", "-c", "deploy.yml"}, "project"),
                "unknown key \"token\"");
}

TEST_CASE("what a file extends lies in the project") {
  const Checkout checkout;
  checkout.write("secret.yml", "token: tr4ceable\n");
  checkout.write("project/deploy.yml", "extends: ../secret.yml\n");
  fs::create_symlink("../secret.yml", checkout.at("project/link.yml"));
  for (const char* file : {"../secret.yml", "link.yml"}) {
    checkout.write("project/deploy.yml", std::string("extends: ") + file + "\n");
    const ProcessResult result = checkout.segue({"config", "validate"}, "project");
    check_refused(result, "leads out of the project");
    CHECK_FALSE(contains(result.error_output, "tr4ceable"));
  }
}

TEST_CASE("a deploy.yml above that belongs to somebody else is refused") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can give a file away");
    return;
  }
  const Checkout checkout;
  checkout.write("deploy.yml", kFile);
  fs::create_directories(checkout.at("below"));
  CHECK(checkout.segue({"config", "validate"}, "below").end.status == 0);
  REQUIRE(::chown(checkout.at("deploy.yml").c_str(), 12345, 12345) == 0);
  check_refused(checkout.segue({"config", "validate"}, "below"), "belongs to another user");
  CHECK(checkout.segue({"config", "validate"}).end.status == 0);
  fs::rename(checkout.at("deploy.yml"), checkout.at("theirs.yml"));
  fs::create_symlink("theirs.yml", checkout.at("deploy.yml"));
  check_refused(checkout.segue({"config", "validate"}, "below"), "belongs to another user");
  REQUIRE(::chown(checkout.at("theirs.yml").c_str(), 0, 0) == 0);
  CHECK(checkout.segue({"config", "validate"}, "below").end.status == 0);
  REQUIRE(::lchown(checkout.at("deploy.yml").c_str(), 12345, 12345) == 0);
  check_refused(checkout.segue({"config", "validate"}, "below"), "belongs to another user");
}

TEST_CASE("no field of deploy.yml becomes an option of a program") {
  const Checkout checkout;
  const auto refused = [&](const std::string& server, const std::string& top,
                           const std::string& service) {
    checkout.write("deploy.yml", "project: shop\nservers: {web-1: {" + server + "}}\n" + top +
                                     "services: {web: {hosts: [web-1], " + service + "}}\n");
    const ProcessResult result = checkout.segue({"config", "validate"});
    INFO(server << " " << top << " " << service);
    CHECK(result.end.status == 2);
    CHECK(contains(result.error_output, ": error: "));
    CHECK_FALSE(fs::exists(checkout.at("harm")));
  };
  const std::string option = "\"-oProxyCommand=touch harm\"";
  const std::string host = "host: 10.0.0.1";
  const std::string image = "image: web:1";
  refused("host: " + option, "", image);
  refused("host: \"10.0.0.1 -oProxyCommand=x\"", "", image);
  refused(host + ", user: " + option, "", image);
  refused(host + ", keys: [" + option + "]", "", image);
  refused(host, "ssh: {user: " + option + "}\n", image);
  refused(host, "ssh: {keys: " + option + "}\n", image);
  refused(host, "ssh: {config: " + option + "}\n", image);
  refused(host, "proxy: {image: --privileged}\n", image);
  refused(host, "", "image: \"--privileged\"");
  refused(host, "", image + ", volumes: [\"--privileged:/x\"]");
  refused(host, "", image + ", ports: [\"--privileged:80\"]");
  refused(host, "", image + ", proxy: {app_port: 80, host: \"-x.example.com\"}");
  refused(host, "project: \"--help\"\n", image);
}

TEST_CASE("a file's name can't write on the terminal, or speak to a build server") {
  const Checkout checkout;
  const std::string name = "a\x1b[2J\n::error::b.yml";
  checkout.write(name, "sevices: {}\n");
  for (const std::string& file : {name, std::string("absent\x1b[2J\n::error::c.yml")}) {
    const ProcessResult result = checkout.segue({"config", "validate", "-c", file});
    CHECK(result.end.status == 2);
    CHECK_FALSE(contains(result.error_output, "\x1b"));
    CHECK_FALSE(contains(result.error_output, "\n::error::"));
  }
  checkout.write("deploy.yml", "extends: \"b\\e[2J\\n::error::b.yml\"\n");
  const ProcessResult result = checkout.segue({"config", "validate"});
  CHECK(result.end.status == 2);
  CHECK_FALSE(contains(result.error_output, "\x1b"));
  CHECK_FALSE(contains(result.error_output, "\n::error::"));
}

TEST_CASE("hosts are chosen by their labels") {
  const Checkout checkout;
  checkout.write(
      "deploy.yml",
      "project: shop\nservers:\n  a: {host: 192.0.2.1, labels: {role: web, zone: eu-1}}\n"
      "  b: {host: 192.0.2.2, labels: {role: db}}\n"
      "services: {web: {image: \"web:1\", hosts: [a]}, db: {image: \"db:1\", hosts: [b]}}\n");
  CHECK(checkout.segue({"config", "validate", "-H", "role=web"}).succeeded());
  CHECK(checkout.segue({"config", "validate", "-H", "zone=eu-*,role=db"}).succeeded());
  const ProcessResult none = checkout.segue({"config", "validate", "-H", "role=cache"});
  CHECK(none.end.status == 2);
  CHECK(contains(none.error_output, "no host matches \"role=cache\""));
  CHECK(contains(none.error_output, "there are: a, b"));
  // Which of them are left shows in what the two have in common: nothing.
  const ProcessResult apart = checkout.segue({"config", "validate", "-H", "role=web", "-S", "db"});
  CHECK(contains(apart.error_output, "no service runs on the hosts that were named"));
}

TEST_CASE("a label is one that -H can name") {
  const Checkout checkout;
  for (const char* label : {"\"a=b\": c", "a: \"b,c\"", "a: \"*\""}) {
    INFO(label);
    checkout.write("deploy.yml", std::string("project: shop\nservers: {a: {host: 192.0.2.1, "
                                             "labels: {") +
                                     label +
                                     "}}}\nservices: {web: {image: \"web:1\", hosts: [a]}}\n");
    CHECK(contains(checkout.segue({"config", "validate"}).error_output, "of a label"));
  }
}

TEST_CASE("without a private network there is nothing to see, and none is made") {
  const Checkout checkout;
  const std::string rest =
      "project: shop\nservers: {a: {host: 192.0.2.1}}\n"
      "services: {web: {image: \"web:1\", hosts: [a]}}\n";
  for (const char* network : {"", "network: {enabled: false, cluster_cidr: 10.210.0.0/16}\n"}) {
    checkout.write("deploy.yml", rest + network);
    for (const char* command : {"status", "dns", "gc"}) {
      const ProcessResult result = checkout.segue({"network", command});
      CHECK(result.end.status == 0);
      CHECK(contains(result.output, "shop has no private network between its hosts"));
    }
    for (const char* command : {"setup", "teardown"}) {
      const ProcessResult result = checkout.segue({"network", command});
      CHECK(result.end.status == 2);
      CHECK(contains(result.error_output, "none can be made yet"));
    }
  }
  CHECK(checkout.segue({"network", "gc", "--force"}).succeeded());
  CHECK(contains(checkout.segue({"network", "status", "--json"}).output, R"("event":"network")"));
  checkout.write("deploy.yml", rest + "network: {enabled: true}\n");
  CHECK(checkout.segue({"network", "status"}).end.status == 2);
}

TEST_CASE("hooks of a checkout run in a deploy and a build only, and there after a yes") {
  const Checkout checkout;
  checkout.write("deploy.yml",
                 "project: shop\nservers: {a: {host: 192.0.2.1}}\n"
                 "services: {web: {build: ., hosts: [a]}}\n"
                 "hooks: {pre_build: ./harm, pre_connect: ./harm, pre_deploy: ./harm, "
                 "on_failure: ./harm}\n");
  checkout.write("Dockerfile", "FROM scratch\n");
  checkout.write("harm", "#!/bin/sh\ntouch ran\nexit 1\n");
  fs::permissions(checkout.at("harm"), fs::perms::owner_all);
  CHECK(checkout.segue({"config", "validate"}).succeeded());
  CHECK(checkout.segue({"config", "show"}).succeeded());
  CHECK(checkout.segue({"deploy"}).end.status == 2);
  CHECK(checkout.segue({"build"}).end.status == 2);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"deploy"}, {"deploy", "--build"}, {"build"}}) {
    const Typed typed = on_terminal(checkout, command, "n\n");
    CHECK(typed.status == 1);
    CHECK(contains(typed.shown, "./harm; ./harm; ./harm; ./harm"));
    CHECK_FALSE(contains(typed.shown, "Build "));
  }
  CHECK_FALSE(fs::exists(checkout.at("ran")));
}
