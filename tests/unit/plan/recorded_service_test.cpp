// What a record keeps of a service must be all of it: each key of deploy.yml is tried, and a key
// that is not tried here fails the test.
#include "segue/plan/recorded_service.hpp"

#include "support/facts.hpp"

#include "segue/base/text.hpp"
#include "segue/config/schema_reference.hpp"
#include "segue/host/contents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

using namespace segue;

namespace {

std::string yaml(const std::string& lines) {
  std::string text =
      "project: shop\nservers:\n  web-1: {host: 203.0.113.7}\n  web-2: {host: 203.0.113.8}\n"
      "services:\n  db: {image: \"db:9\", hosts: [web-1]}\n  web:\n";
  for (const std::string& line : split_lines(lines)) text += "    " + line + "\n";
  return text;
}

const char* const kLeast = "image: acme/web:v1\nhosts: [web-1]\n";

struct Case {
  std::string key;
  std::string with;
  std::string without = kLeast;
};

std::string least_and(const std::string& lines) {
  return kLeast + lines;
}

std::vector<Case> cases() {
  const std::string proxy = least_and("proxy: {app_port: 3000, host: a.example.com}");
  const std::string ssl = least_and(
      "proxy: {app_port: 3000, host: a.example.com, ssl: {certificate_pem: A, private_key_pem: "
      "B}}");
  const auto in_proxy = [](const std::string& more) {
    return least_and("proxy: {app_port: 3000, host: a.example.com, " + more + "}");
  };
  std::vector<Case> all{
      {"image", "image: acme/web:v2\nhosts: [web-1]\n"},
      {"hosts", "image: acme/web:v1\nhosts: [web-1, web-2]\n"},
      {"replicas", least_and("replicas: 3")},
      {"command", least_and("command: [serve, \"--price=$$5 \\\"a\\\" \\u00e9\\n\\ttwo\"]")},
      {"ports", least_and("ports: [\"127.0.0.1:5300:53/udp\"]")},
      {"volumes", least_and("volumes: [\"data:/data:ro\", \"/srv/x:/x\"]")},
      {"restart", least_and("restart: on-failure")},
      {"environment.clear",
       least_and("environment: {clear: {EMPTY: \"\", PRICE: \"$$5 $${{ 'x'\"}}")},
      {"environment.secrets", least_and("environment: {secrets: [TOKEN, OTHER]}")},
      {"depends_on", least_and("depends_on: [db]")},
      {"stop_first", least_and("stop_first: true")},
      {"stop_timeout", least_and("stop_timeout: 1500ms")},
      {"drain_timeout", least_and("drain_timeout: 0s")},
      {"retain", least_and("retain: 5")},
      {"proxy.app_port", least_and("proxy: {app_port: 3001, host: a.example.com}"), proxy},
      {"proxy.host", least_and("proxy: {app_port: 3000, host: b.example.com}"), proxy},
      {"proxy.hosts", least_and("proxy: {app_port: 3000, hosts: [a.example.com, b.example.com]}"),
       proxy},
      {"proxy.path_prefix", in_proxy("path_prefix: /api"), proxy},
      {"proxy.strip_prefix", in_proxy("path_prefix: /api, strip_prefix: true"),
       in_proxy("path_prefix: /api")},
      {"proxy.scheme", in_proxy("scheme: h2c"), proxy},
      {"proxy.ssl", in_proxy("ssl: true"), proxy},
      {"proxy.ssl.certificate_pem", ssl, in_proxy("ssl: {certificate_pem: C, private_key_pem: B}")},
      {"proxy.ssl.private_key_pem", ssl, in_proxy("ssl: {certificate_pem: A, private_key_pem: C}")},
      {"entrypoint", least_and("entrypoint: [serve, \"--price=$$5\"]")},
      {"user", least_and("user: \"1000:app\"")},
      {"working_dir", least_and("working_dir: /srv/$$a")},
      {"cpus", least_and("cpus: 1.25")},
      {"memory", least_and("memory: 1.5GB")},
      {"shm_size", least_and("shm_size: 100000001")},
      {"gpus", least_and("gpus: \"0,1\"")},
      {"devices", least_and("devices: [/dev/snd, \"/dev/fuse:/dev/x:rw\"]")},
      {"privileged", least_and("privileged: true")},
      {"cap_add", least_and("cap_add: [net_admin, CAP_SYS_TIME]")},
      {"cap_drop", least_and("cap_drop: [ALL]")},
      {"ulimits", least_and("ulimits: {nofile: {soft: 1024, hard: -1}, core: 0}")},
      {"tmpfs", least_and("tmpfs: [/run, \"/cache:size=64m,mode=1777\"]")},
      {"init", least_and("init: true")},
      {"read_only", least_and("read_only: true")},
      {"logging.driver", least_and("logging: {driver: json-file}")},
      {"logging.options", least_and("logging: {options: {max-size: 10m, tag: \"$${{.Name}\"}}")},
      {"labels", least_and("labels: {com.example/team: \"it's $$5\", empty: \"\"}")},
      {"network_mode", least_and("network_mode: host")},
      {"rollout.parallel", least_and("rollout: {parallel: \"25%\"}")},
      {"rollout.pause", least_and("rollout: {pause: 1m}")},
      {"rollout.max_failures", least_and("rollout: {max_failures: 2}")},
      {"rollout.on_failure", least_and("rollout: {on_failure: isolate}")}};
  const auto targets = [](const std::string& second) {
    return least_and("proxy: {targets: [{app_port: 3000, host: a.example.com}, {" + second + "}]}");
  };
  const std::string second = "app_port: 9000, host: b.example.com";
  const auto more = [&](const std::string& lines) { return targets(second + ", " + lines); };
  for (const auto& [key, with, without] : std::vector<std::array<std::string, 3>>{
           {"", targets(second), proxy},
           {"app_port", targets("app_port: 9001, host: b.example.com"), targets(second)},
           {"host", targets("app_port: 9000, host: c.example.com"), targets(second)},
           {"hosts", targets("app_port: 9000, hosts: [b.example.com, c.example.com]"),
            targets(second)},
           {"path_prefix", more("path_prefix: /api"), targets(second)},
           {"strip_prefix", more("path_prefix: /api, strip_prefix: true"),
            more("path_prefix: /api")},
           {"scheme", more("scheme: h2c"), targets(second)},
           {"ssl", more("ssl: true"), targets(second)},
           {"ssl.certificate_pem", more("ssl: {certificate_pem: A, private_key_pem: B}"),
            more("ssl: {certificate_pem: C, private_key_pem: B}")},
           {"ssl.private_key_pem", more("ssl: {certificate_pem: A, private_key_pem: B}"),
            more("ssl: {certificate_pem: A, private_key_pem: C}")}})
    all.push_back({"proxy.targets" + (key.empty() ? "" : "[]." + key), with, without});
  for (const char* key : {"files", "directories"}) {
    const auto uploads = [&](const std::string& list) {
      return least_and(fmt::format("{}: [{}]", key, list));
    };
    const auto keys = [&](const std::string& more) {
      return uploads("{local: a, remote: /b, " + more + "}");
    };
    const std::string path = key;
    all.push_back({path, uploads("\"./it's $$x ü:/a b\""), kLeast});
    all.push_back({path + "[].local", uploads("{local: \"c:d\", remote: /b}"), uploads("a:/b")});
    all.push_back({path + "[].remote", uploads("a:/c"), uploads("a:/b")});
    all.push_back({path + "[].mode", uploads("a:/b:640"), uploads("a:/b")});
    all.push_back(
        {path + "[].owner", keys("owner: \"app:app\", options: ro"), keys("options: ro")});
    all.push_back({path + "[].options", keys("options: \"ro,Z\""), keys("options: z")});
  }
  all.push_back({"directories", least_and("directories: [\"a:/b:rw\"]"),
                 least_and("directories: [\"a:/b\"]")});
  for (const char* where : {"healthcheck", "proxy.healthcheck"}) {
    const bool proxied = std::string(where) != "healthcheck";
    const auto check = [&](const std::string& keys) {
      return proxied ? in_proxy("healthcheck: {" + keys + "}")
                     : least_and("healthcheck: {" + keys + "}");
    };
    const std::string path = "path: /health, port: 3000";
    for (const auto& [key, value] :
         std::vector<std::pair<std::string, std::string>>{{"status", "[200, 301]"},
                                                          {"host", "up.example.com"},
                                                          {"interval", "250ms"},
                                                          {"timeout", "2s"},
                                                          {"deploy_timeout", "2m"},
                                                          {"readiness_delay", "9s"}})
      all.push_back(
          {std::string(where) + "." + key, check(path + ", " + key + ": " + value), check(path)});
    all.push_back(
        {std::string(where) + ".path", check("path: \"/up?a=$$1\", port: 3000"), check(path)});
    all.push_back({std::string(where) + ".port", check("path: /health, port: 3001"), check(path)});
    all.push_back({std::string(where) + ".cmd", check("cmd: \"test -e '/ok $$HOME'\""),
                   check("cmd: \"true\"")});
    all.push_back({std::string(where) + ".cmd_runtime", check("cmd: \"true\", cmd_runtime: podman"),
                   check("cmd: \"true\"")});
  }
  return all;
}

// "services.<name>.proxy.host" of the table of keys that work -> "proxy.host"; sections are left
// out.
std::vector<std::string> keys_that_work() {
  const std::string page = schema_reference_markdown();
  const std::string prefix = "| `services.<name>.";
  std::vector<std::string> keys;
  const size_t begin = page.find("## Keys that work");
  const size_t end = page.find("\n## ", begin + 1);
  REQUIRE(begin != std::string::npos);
  for (const std::string& line : split_lines(page.substr(begin, end - begin))) {
    if (!line.starts_with(prefix) || contains(line, "` | a map of keys |")) continue;
    keys.push_back(line.substr(prefix.size(), line.find('`', prefix.size()) - prefix.size()));
  }
  std::erase(keys, "release");  // a rollback does not run it
  REQUIRE(keys.size() > 20);
  return keys;
}

// As who opens the project would have found them.
Config with_contents(Config config) {
  for (ServiceConfig& service : config.services)
    for (UploadConfig& upload : service.uploads) upload.content = sha256_hex(upload.local);
  return config;
}

ServiceRecord part(const Config& config, const std::string& host, const std::string& service) {
  const ServiceConfig& found = *config.service(service);
  ServiceRecord record{host, service, found.image, id_of_image(found.image), "1:x", "1-v1-aaaa"};
  record.configuration = recorded_service(found);
  for (const UploadConfig& upload : found.uploads)
    record.contents[upload.target] = content_name(upload.content, upload.owner, record.image_id);
  return record;
}

ReleaseRecord record_of(std::vector<ServiceRecord> services) {
  ReleaseRecord record;
  record.id = "1-v1-aaaa";
  record.services = std::move(services);
  // As it comes back from a host.
  const auto read = parse_record(record_json(record));
  REQUIRE(read);
  return *read;
}

}  // namespace

TEST_CASE("every key of a service is in its record, and comes back from it") {
  std::vector<std::string> tried;
  for (const Case& one : cases()) {
    INFO(one.key << "\n" << one.with);
    tried.push_back(one.key);
    const Config config = with_contents(config_of(yaml(one.with)));
    const std::string kept = recorded_service(*config.service("web"));
    CHECK(kept != recorded_service(*config_of(yaml(one.without)).service("web")));
    CHECK_FALSE(contains(kept, "\n"));
    const ReleaseRecord record =
        record_of({part(config, "web-1", "db"), part(config, "web-1", "web")});
    const auto restored = read_release(config, record, {"web-1"}, {});
    REQUIRE(restored);
    const ServiceConfig& again = *restored->config.service("web");
    CHECK(recorded_service(again) == kept);
    CHECK(service_fields(again, "", {}, kTestSalt) ==
          service_fields(*config.service("web"), "", {}, kTestSalt));
  }
  for (const std::string& key : keys_that_work()) {
    INFO(key);
    if (key.starts_with("build")) continue;  // what came of it is kept: the image
    if (key == "rollout.bake") continue;     // a rollback does not watch
    CHECK(std::find(tried.begin(), tried.end(), key) != tried.end());
  }
}

TEST_CASE("a record that does not say which content was mounted is not guessed at") {
  const Config config = with_contents(config_of(yaml(least_and("files: [\"a:/b\"]"))));
  ServiceRecord web = part(config, "web-1", "web");
  web.contents.clear();
  const auto restored = read_release(config, record_of({web}), {"web-1"}, {});
  REQUIRE(!restored);
  CHECK(restored.error().what == "the record of 1-v1-aaaa does not say which /b web had");
}

TEST_CASE("what is shared is in each service's record, and secrets only by name") {
  const Config config =
      config_of("environment: {clear: {A: \"1\"}, secrets: [TOKEN]}\nrollout: {parallel: 2}\n" +
                yaml("image: acme/web:${VERSION}\nhosts: [web-1]\n"));
  const std::string kept = recorded_service(*config.service("web"));
  CHECK(contains(kept, R"("environment":{"clear":{"A":"1"},"secrets":["TOKEN"]})"));
  CHECK(contains(kept, R"("image":"acme/web:v1")"));
  CHECK(contains(kept, R"("parallel":"2")"));
}

TEST_CASE("a value that is made of secrets is kept as it was written") {
  const Config config =
      config_of("environment: {clear: {DOMAIN: a.example.com}}\n" +
                yaml(least_and("environment: {clear: {URL: \"db://${DOMAIN}:${PASSWORD}@$$x\"}}")));
  const std::string kept = recorded_service(*config.service("web"));
  CHECK(contains(kept, R"("URL":"db://a.example.com:${PASSWORD}@$$x")"));
  const auto restored =
      read_release(config, record_of({part(config, "web-1", "web")}), {"web-1"}, {"web"});
  REQUIRE(restored);
  const ServiceConfig& again = *restored->config.service("web");
  CHECK(again.secret_texts == config.service("web")->secret_texts);
  CHECK(again.secrets == std::vector<std::string>{"URL"});
  CHECK(recorded_service(again) == kept);
}

TEST_CASE("a rollback takes servers of today and services of then") {
  const Config then = config_of(yaml(least_and("environment: {clear: {A: then}}")));
  const ReleaseRecord record = record_of({part(then, "web-1", "web")});
  Config today = config_of(yaml("image: acme/web:v2\nhosts: [web-2]\nreplicas: 2"));
  today.servers.front().host = "198.51.100.9";
  const auto restored = read_release(today, record, {"web-1", "web-2"}, {});
  REQUIRE(restored);
  CHECK(restored->config.server("web-1")->host == "198.51.100.9");
  REQUIRE(restored->config.services.size() == 1);
  CHECK(restored->config.services.front().environment.at("A") == "then");
  CHECK(restored->images.at("web-1").at("acme/web:v1") == id_of_image("acme/web:v1"));
}

TEST_CASE("a rollback that can't be whole is refused with the reason") {
  const Config config = config_of(yaml(least_and("depends_on: [db]")));
  const auto refusal = [&](const ReleaseRecord& record, const std::vector<std::string>& hosts) {
    const auto restored = read_release(config, record, hosts, {});
    REQUIRE_FALSE(restored);
    CHECK(restored.error().code == Code::usage);
    return restored.error().what;
  };
  ServiceRecord web = part(config, "web-1", "web");

  ServiceRecord old = web;
  old.configuration.clear();
  CHECK(contains(refusal(record_of({old}), {"web-1"}), "does not say how web was configured"));

  ServiceRecord moved = web;
  moved.host = "web-9";
  CHECK(contains(refusal(record_of({moved}), {"web-1"}),
                 "ran web on web-9, which deploy.yml has no more"));

  ServiceRecord other = web;
  other.host = "web-2";
  other.configuration = recorded_service(*config_of(yaml(least_and("replicas: 2"))).service("web"));
  CHECK(contains(refusal(record_of({web, other}), {"web-1", "web-2"}),
                 "was not the same on all hosts"));
  CHECK(read_release(config, record_of({web, other}), {"web-2"}, {}));

  CHECK(contains(refusal(record_of({web}), {"web-2"}), "has nothing on these hosts"));

  ServiceRecord newer = web;
  newer.configuration = R"({"image":"a:1","hosts":["web-1"],"tomorrow":1})";
  CHECK(contains(refusal(record_of({newer}), {"web-1"}), "the record of 1-v1-aaaa can't be used"));
}
