#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/base/text.hpp"
#include "segue/host/facts_probe.hpp"
#include "segue/host/problem.hpp"
#include "segue/host/record.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <set>

using namespace segue;
namespace fs = std::filesystem;

namespace {

constexpr const char* kNonce = "0123456789abcdef0123456789abcdef";

// An answer as the facts script would print it: by the names of its sections.
class Answer {
 public:
  explicit Answer(FactsRequest asked) : request(std::move(asked)) {}

  Answer& section(const std::string& name, const std::vector<std::string>& told,
                  const std::string& printed = {}, int status = 0) {
    const Script script = facts_script(request);
    for (size_t i = 0; i < script.sections.size(); ++i) {
      if (script.sections[i].name != name) continue;
      given_.insert(i);
      const std::string index = std::to_string(i);
      text_ += mark("begin " + index);
      for (const std::string& one : told) text_ += mark("tell " + one);
      text_ += printed + mark("end " + index + " " + std::to_string(status));
    }
    return *this;
  }

  // Sections that the test has nothing to say of are there, and empty.
  Result<HostFacts> read(bool whole = true) const {
    std::string rest;
    for (size_t i = 0; whole && i < facts_script(request).sections.size(); ++i)
      if (!given_.contains(i))
        rest += mark(fmt::format("begin {}", i)) + mark(fmt::format("end {} 0", i));
    ScriptReader reader(kNonce);
    reader.feed(text_ + rest + mark("done 0"));
    return read_facts("web-1", request, reader, reader.take_events());
  }

  FactsRequest request;

 private:
  static std::string mark(const std::string& text) {
    return std::string("\n@") + kNonce + " " + text + "\n";
  }
  std::string text_;
  std::set<size_t> given_;
};

FactsRequest shop() {
  FactsRequest request;
  request.identity = {"shop", ""};
  request.images = {"app:v1", "caddy:2"};
  return request;
}

// Runs the facts script with an engine of that text as `docker`, or of another name.
Result<HostFacts> probe(const std::string& engine, const std::string& shell,
                        const std::string& name = "docker", FactsRequest request = shop()) {
  const fs::path folder = fs::temp_directory_path() / ("segue-facts-" + std::to_string(getpid()));
  fs::create_directories(folder);
  if (!engine.empty()) {
    std::ofstream(folder / name) << "#!/bin/sh\n" << engine;
    fs::permissions(folder / name, fs::perms::owner_all);
  }
  request.engine = engine.empty() ? "no-such-engine" : name;
  static const Secret none;
  const std::string script =
      facts_script(request).render(kNonce, [](const auto&) -> const Secret& { return none; });
  ScriptReader reader(kNonce);
  reader.feed(shell_output("env PATH=" + folder.string() + ":$PATH " + shell, script));
  fs::remove_all(folder);
  return read_facts("web-1", request, reader, reader.take_events());
}

}  // namespace

TEST_CASE("The facts of a host are read from what it told") {
  Answer answer(shop());
  answer.section("engine", {"engine /usr/bin/docker",
                            "info 24.0.7|aarch64|ENGINE|4|8589934592|/var/lib/docker"});
  answer.section("host",
                 {"boot b-1", "machine m-1", "uptime 123456", "root /srv/segue", "free 1000",
                  "engine-free 2000"},
                 "  sl  local_address rem_address   st\n"
                 "   0: 00000000:1F90 00000000:0000 0A 00000000\n"
                 "   1: 0100007F:0CEA 00000000:0000 0A 00000000\n"
                 "   2: 0100007F:0CEB 0100007F:0CEA 01 00000000\n");
  answer.section(
      "containers",
      {"salt s-1", R"(image 1 {"id":"sha256:2","digests":null,"architecture":"arm64",)"
                   R"("config":null})"},
      "name|shop-web|shop||web|0.0.0.0:8080->80/tcp\nname|other||||\n"
      R"({"id":"1","name":"/shop-web","image":"i","image_id":"i","state":"running","exit_code":0,)"
      R"("out_of_memory":false,"restarts":0,"policy":"no","started_at":"","health":"",)"
      R"("labels":{"segue.project":"shop","segue.service":"web"},"networks":[""]})"
      "\nnetwork|bridge||\nnetwork|segue|/srv/segue|\nvolume|data|shop|\n");
  answer.section(
      "state",
      {"lock-generation 3", "lock-released 3", "live web 3-v1-aaaa", "sequence 3",
       "token web green",
       "route 0-95.shop.web.json 123 45 1 2 /api https a.example.com b.example.com",
       "route 0-99.shop.worker.json 678 90 1 1", "route strange"},
      "/srv/segue/projects/shop/_/releases/3-v1-aaaa.json:{\"a\": \"/x.json:{\"}\nx.json:{}\n");
  const auto facts = answer.read();
  REQUIRE(facts.has_value());
  CHECK(facts->engine_path == "/usr/bin/docker");
  CHECK(facts->cpus == 4);
  CHECK(facts->memory == 8'589'934'592);
  CHECK_FALSE(facts->has_gpus);
  CHECK(facts->architecture == "arm64");
  CHECK(facts->state_root == "/srv/segue");
  CHECK(facts->uptime == 123456);
  REQUIRE(facts->ports.size() == 2);  // 8080 is known by its container
  CHECK(facts->ports[0].container == "shop-web");
  CHECK(facts->ports[1].port == 3306);
  CHECK(facts->containers.size() == 1);
  CHECK(facts->names.size() == 2);
  CHECK(facts->networks == std::vector<std::string>{"bridge", "segue"});
  CHECK(facts->volumes.at(0).project == "shop");
  CHECK(facts->images.at("caddy:2").id == "sha256:2");
  CHECK_FALSE(facts->images.contains("app:v1"));
  CHECK(facts->lock.generation == 3);
  CHECK_FALSE(facts->lock.held);
  CHECK(facts->live.at("web") == "3-v1-aaaa");
  REQUIRE(facts->records.size() == 1);
  CHECK(facts->records.at("3-v1-aaaa") == R"({"a": "/x.json:{"})");
  CHECK(facts->tokens.at("web") == "green");
  const RouteFacts& route = facts->proxy.routes.at("0-95.shop.web.json");
  CHECK(route.sum == "123 45");
  CHECK(route.green_replicas == 2);
  CHECK(route.path == "/api");
  CHECK(route.https);
  CHECK(route.names == std::vector<std::string>{"a.example.com", "b.example.com"});
  CHECK(facts->proxy.routes.at("0-99.shop.worker.json").sum == "678 90");
  CHECK(facts->proxy.routes.at("0-99.shop.worker.json").names.empty());
  CHECK(facts->proxy.routes.at("strange").sum.empty());
}

TEST_CASE("Podman tells what decides whether it can be used") {
  Answer answer(shop());
  answer.section("engine",
                 {"engine /usr/bin/podman", "engine-kind podman",
                  "info 4.3.1|amd64|podman:/data/storage|netavark|true|2|25276510208|cpu "
                  "memory pids |/data/storage",
                  "gpus yes", "init no", "first-port 1024", "lingers no", "no-names yes"});
  const auto facts = answer.read();
  REQUIRE(facts.has_value());
  CHECK(facts->engine_kind == EngineKind::podman);
  CHECK(facts->engine_version == "4.3.1");
  CHECK(facts->rootless);
  CHECK_FALSE(facts->lingers);
  CHECK(facts->cpus == 2);
  CHECK(facts->memory == 25'276'510'208);
  CHECK(facts->controllers == "cpu memory pids ");
  CHECK(facts->has_gpus);
  CHECK_FALSE(facts->has_init);
  CHECK(facts->first_port == 1024);
  CHECK(facts->network_backend == "netavark without aardvark-dns");
}

TEST_CASE("The image of an upgraded proxy is known by the same id as the image itself") {
  const std::string id(64, 'a');
  Answer answer(shop());
  answer.section("containers", {},
                 R"({"id":"c-1","name":"segue-proxy","image":"caddy:2","image_id":")" +
                     std::string(64, 'b') +
                     R"(","state":"running","exit_code":0,"out_of_memory":false,"restarts":0,)"
                     R"("policy":"unless-stopped","started_at":"","health":"",)"
                     R"("labels":{"segue.role":"proxy"},"networks":[]})"
                     "\n");
  answer.section("state", {"proxy-running c-1 " + id + " caddy:2b"});
  const auto facts = answer.read();
  REQUIRE(facts.has_value());
  CHECK(facts->proxy.image_id == "sha256:" + id);
  CHECK(facts->proxy.image == "caddy:2b");
}

TEST_CASE("An answer without all that was asked for is no answer") {
  Answer answer(shop());
  answer.section("engine", {"engine /usr/bin/docker"}).section("host", {});
  const auto facts = answer.read(false);
  REQUIRE_FALSE(facts.has_value());
  CHECK(contains(facts.error().what, "not whole"));
}

TEST_CASE("A host that tells nonsense gets an error, never a guess") {
  Answer broken(shop());
  broken.section("containers", {}, "{\"id\":\n");
  CHECK_FALSE(broken.read().has_value());
  Answer failing(shop());
  failing.section("state", {}, "\x1b[1mno\n", 2);
  const auto facts = failing.read();
  REQUIRE_FALSE(facts.has_value());
  CHECK(contains(facts.error().what, "\\x1b[1mno"));
}

TEST_CASE("Every problem of the table is an error with its remedy and its detail") {
  for (const char* word :
       {"engine-missing", "engine-permission", "engine-down", "state", "disk", "image-missing",
        "proxy-image-missing", "proxy-start", "proxy-port", "proxy-config", "proxy-probe",
        "proxy-files", "proxy-busy", "gate-timeout", "gate-exited"}) {
    INFO(word);
    const Error error = problem_error(word, "DE\x1bTAIL", EngineKind::podman);
    CHECK(contains(error.what, "DE\\x1bTAIL"));
    CHECK_FALSE(error.what.starts_with(std::string(word) + ":"));
    CHECK_FALSE(error.hint.empty());
  }
  CHECK(problem_error("nothing-serves", "web", EngineKind::docker).code == Code::partial);
  CHECK(problem_error("unheard-of", "x", EngineKind::docker).what == "unheard-of: x");
  const std::vector<ScriptEvent> events{
      {ScriptEvent::Kind::told, 0, 0, "problem", "disk /a"},
      {ScriptEvent::Kind::told, 0, 0, "problem", "stop it would not"},
      {ScriptEvent::Kind::told, 0, 0, "lock", "held"}};
  CHECK(contains(told_problem(events, EngineKind::docker)->what, "it would not"));
  CHECK_FALSE(told_problem({}, EngineKind::docker).has_value());
}

TEST_CASE("A remedy names the commands of the engine that the host has") {
  for (const char* word : {"engine-down", "state", "disk", "image-missing", "proxy-image-missing",
                           "proxy-start", "nothing-serves"}) {
    INFO(word);
    CHECK(contains(problem_error(word, "", EngineKind::docker).hint, "docker"));
    CHECK_FALSE(contains(problem_error(word, "", EngineKind::podman).hint, "docker"));
  }
  const std::vector<ScriptEvent> events{
      {ScriptEvent::Kind::told, 0, 0, "problem", "image-missing shop:v1"}};
  CHECK(contains(told_problem(events, EngineKind::podman)->hint, "podman pull"));
}

TEST_CASE("A host without a usable engine says what is the matter") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const auto missing = probe("", shell);
    REQUIRE_FALSE(missing.has_value());
    CHECK(contains(missing.error().what, "there is no `no-such-engine`"));
    const auto refused =
        probe("echo 'permission denied while trying to connect' >&2\nexit 1\n", shell);
    REQUIRE_FALSE(refused.has_value());
    CHECK(contains(refused.error().what, "no permission"));
    const auto down = probe("echo 'Cannot connect to the Docker daemon.' >&2\nexit 1\n", shell);
    REQUIRE_FALSE(down.has_value());
    CHECK(contains(down.error().what, "Cannot connect"));
    // Some clients print the error and still exit with 0, with empty fields.
    const auto half = probe("[ \"$1\" = info ] && echo 'errors pretty printing info'\n", shell);
    REQUIRE_FALSE(half.has_value());
    const auto empty =
        probe("echo '|||'\necho 'Cannot connect to the Docker daemon.' >&2\n", shell);
    REQUIRE_FALSE(empty.has_value());
    CHECK(contains(empty.error().what, "does not answer: Cannot connect"));
    const auto forbidden =
        probe("echo '|||'\necho 'permission denied while trying to connect' >&2\n", shell);
    REQUIRE_FALSE(forbidden.has_value());
    CHECK(contains(forbidden.error().what, "no permission"));
  }
}

TEST_CASE("An engine that fails to answer is not taken for one that has nothing") {
  const std::string engine = R"sh(
case "$1 $2" in
  "$failing"*) echo "Error: input/output error" >&2; exit 1 ;;
  info*) echo "24.0.7|x86_64|ENGINE|/" ;;
  ps*) echo "abc|shop-web|shop||web||" ;;
  inspect*) echo '{"id":"abc","name":"/shop-web","image":"i","image_id":"i","state":"running","exit_code":0,"out_of_memory":false,"restarts":0,"policy":"no","started_at":"","health":"","labels":{"segue.project":"shop","segue.service":"web"},"networks":[""]}' ;;
  "image inspect") echo "Error: No such image: $6" >&2; exit 1 ;;
  "network inspect") echo salt ;;
esac
)sh";
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const auto whole = probe("failing=nothing\n" + engine, shell);
    REQUIRE(whole.has_value());
    CHECK(whole->containers.size() == 1);
    CHECK(whole->images.empty());
    for (const char* failing : {"ps", "inspect", "network ls", "volume ls", "image inspect"}) {
      INFO(failing);
      const auto facts = probe("failing='" + std::string(failing) + "'\n" + engine, shell);
      // Of an image, words that nobody knows are believed when the engine can list its images.
      if (std::string(failing) == "image inspect") {
        CHECK(facts.has_value());
        CHECK_FALSE(probe("failing=image\n" + engine, shell).has_value());
        continue;
      }
      REQUIRE_FALSE(facts.has_value());
      CHECK(contains(facts.error().what, "input/output error"));
    }
  }
}

TEST_CASE("What any recorded release needs is found by one question") {
  const fs::path root = fs::temp_directory_path() / ("segue-records-" + std::to_string(getpid()));
  const fs::path project = root / "projects" / "shop" / "_";
  fs::create_directories(project / "releases");
  fs::create_directories(project / "files" / "abc-0-0");
  fs::create_directories(project / "kept" / "logs");
  std::ofstream(project / "releases" / "1-v1-aaaa.json")
      << R"({"services":[{"image_id":"sha256:1"},{"image_id":"sha256:2"},{"image_id":"; false"}]})"
      << '\n';
  std::ofstream(project / "releases" / "2-v2-bbbb.json")
      << R"({"services":[{"image_id":"sha256:2"}]})" << '\n';
  const std::string engine = R"sh(
case "$1 $2" in
  info*) echo "24.0.7|x86_64|ENGINE|/" ;;
  "network ls") echo "network|segue|$root|" ;;
  "image ls") [ "$down" = no ] || { echo "input/output error" >&2; exit 1; } ;;
  "image inspect")
    [ "$5 $6 $7" = "-- sha256:1 sha256:2" ] || echo "asked $*"
    [ "$down" = no ] && echo '{"id":"sha256:2","digests":null,"architecture":"amd64","config":{}}'
    exit 1 ;;
esac
)sh";
  FactsRequest request = shop();
  request.recorded = true;
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const std::string begin = "root=" + root.string() + " down=";
    const auto facts = probe(begin + "no\n" + engine, shell, "docker", request);
    REQUIRE(facts.has_value());
    CHECK(facts->images.size() == 1);
    CHECK(facts->images.contains("sha256:2"));
    CHECK(facts->contents == std::set<std::string>{"abc-0-0"});
    CHECK(facts->kept == std::set<std::string>{"logs"});
    const auto down = probe(begin + "yes\n" + engine, shell, "docker", request);
    REQUIRE_FALSE(down.has_value());
    CHECK(contains(down.error().what, "input/output error"));
  }
  fs::remove_all(root);
}

TEST_CASE("Which ports an ordinary user may have is read from the kernel, in every shell") {
  std::ifstream file("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  int first = 0;
  REQUIRE(file >> first);
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const auto facts = probe(
        "case $1 in info) echo '4.3.1|amd64|podman:/data|netavark|true|/data' ;; image) echo "
        "'Error: x: image not known'; exit 125 ;; esac\n",
        shell, "podman");
    REQUIRE(facts.has_value());
    CHECK(facts->rootless);
    CHECK(facts->first_port == first);
  }
}

TEST_CASE("A record is read back as it was written") {
  ReleaseRecord record;
  record.id = "3-v1-aaaa";
  record.sequence = 3;
  record.project = "shop";
  record.status = ReleaseStatus::partial;
  record.message = "it's \"quoted\"\n$HOME";
  record.duration_ms = 4200;
  ServiceRecord service;
  service.host = "web-1";
  service.service = "web";
  service.image = "app:v1";
  service.changed = true;
  service.replicas = 2;
  record.services = {service};
  const fs::path folder = fs::temp_directory_path() / ("segue-record-" + std::to_string(getpid()));
  const Layout layout{folder.string(), Identity{"shop", ""}};
  static const Secret none;
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    fs::remove_all(folder);
    fs::create_directories(layout.folder() + "/releases");
    Script script;
    script.sections = {write_record(layout, record)};
    shell_output(shell, script.render(kNonce, [](const auto&) -> const Secret& { return none; }));
    std::ifstream file(layout.record(record.id));
    std::string line;
    REQUIRE(std::getline(file, line));
    const auto parsed = parse_record(line);
    REQUIRE(parsed.has_value());
    CHECK(record_json(*parsed) == record_json(record));
    CHECK(parsed->status == ReleaseStatus::partial);
    CHECK(parsed->services.at(0).changed);
  }
  fs::remove_all(folder);
  for (const char* text : {"", "{}", "[]", "{\"id\":\"x\"}"})
    CHECK_FALSE(parse_record(text).has_value());
}
