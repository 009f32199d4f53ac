// The options of a service's containers, from deploy.yml to typed values.
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"

#include <random>

using namespace segue;
using Words = std::vector<std::string>;

namespace {

std::string with(const std::string& lines) {
  std::string text =
      "project: shop\nservers: {web-1: {host: 10.0.0.1}, web-2: {host: 10.0.0.2}}\n"
      "services:\n  web:\n    image: web:1\n    hosts: [web-1, web-2]\n";
  for (const std::string& line : split_lines(lines)) text += "    " + line + "\n";
  return text;
}

ServiceConfig service(const std::string& lines) {
  const std::string text = with(lines);
  const LoadedConfig loaded = load_config({"deploy.yml", text, "", {}});
  for (const Error& error : loaded.errors) FAIL_CHECK(show_diagnostic(error, text, "error"));
  REQUIRE(loaded.config);
  return loaded.config->services.at(0);
}

ContainerOptions options(const std::string& lines) {
  return service(lines).options;
}

// "LINE:COLUMN what: hint" of the only error.
std::string only_error(const std::string& lines) {
  const LoadedConfig loaded = load_config({"deploy.yml", with(lines), "", {}});
  REQUIRE(loaded.errors.size() == 1);
  const Error& error = loaded.errors.front();
  REQUIRE(error.at);
  return std::to_string(error.at->line) + ":" + std::to_string(error.at->column) + " " +
         error.what + ": " + error.hint;
}

}  // namespace

TEST_CASE("amounts are numbers of processors and of bytes") {
  CHECK(options("cpus: 2").milli_cpus == 2000);
  CHECK(options("cpus: 0.5").milli_cpus == 500);
  CHECK(options("cpus: \"1.25\"").milli_cpus == 1250);
  CHECK(options("memory: 512m").memory == 536'870'912);
  CHECK(options("memory: 1073741824").memory == 1'073'741'824);
  CHECK(options("shm_size: 1G").shm_size == 1'073'741'824);
  CHECK(options("").memory == 0);
  CHECK(only_error("cpus: many") ==
        "7:11 `cpus` must be a number of processors, not \"many\": write 2, 0.5 or 1.25");
  CHECK(contains(only_error("cpus: 0"), "out of range"));
  CHECK(contains(only_error("cpus: 0.0005"), "must be a number of processors"));
  CHECK(only_error("memory: 512") ==
        "7:13 `memory` is less than 6m: 512 bytes: did you mean 512m?");
  CHECK(contains(only_error("memory: 1m"), "less than 6m"));
  CHECK(contains(only_error("memory: lots"), "\"lots\" is not an amount of memory"));
}

TEST_CASE("every number of processors is written as it was read") {
  std::mt19937 random(7);
  for (int i = 0; i < 2'000; ++i) {
    const long long milli = 10 + static_cast<long long>(random() % 9'999'991);
    REQUIRE(options("cpus: \"" + cpus_text(milli) + "\"").milli_cpus == milli);
  }
}

TEST_CASE("graphics processors are all or some, and devices are paths") {
  CHECK(options("gpus: all").gpus == Words{"all"});
  CHECK(options("gpus: 0").gpus == Words{"0"});
  CHECK(options("gpus: \"0,1\"").gpus == Words{"0", "1"});
  for (const char* wrong : {"\"0,0\"", "first", "\"all,1\"", "\"0,\"", "\"\""})
    CHECK(contains(only_error(std::string("gpus: ") + wrong), "write all, \"0\" or \"0,1\""));
  const Words devices{"/dev/video0", "/dev/snd:/dev/snd:rwm", "/dev/fuse:rw"};
  CHECK(options("devices: [/dev/video0, \"/dev/snd:/dev/snd:rwm\", \"/dev/fuse:rw\"]").devices ==
        devices);
  for (const char* wrong : {"video0", "/dev/a:/dev/b:x", "/dev/a:rw:/dev/b", "/dev/../etc", ""})
    CHECK(contains(only_error(std::string("devices: [\"") + wrong + "\"]"), "is not a device"));
  CHECK(contains(only_error("devices: [/dev/a, \"/dev/b:/dev/a\"]"), "/dev/a is given twice"));
}

TEST_CASE("capabilities are known ones, with or without CAP_") {
  CHECK(options("cap_add: [net_admin, CAP_CHOWN]").cap_add == Words{"CHOWN", "NET_ADMIN"});
  CHECK(options("cap_drop: [all]").cap_drop == Words{"ALL"});
  CHECK(contains(only_error("cap_add: [NET_ADMN]"), "did you mean \"NET_ADMIN\"?"));
  CHECK(contains(only_error("cap_add: [KILL, CAP_KILL]"), "\"KILL\" is named twice"));
  CHECK(contains(only_error("cap_add: [KILL]\ncap_drop: [KILL]"), "both added and dropped"));
}

TEST_CASE("limits are one number or two") {
  const auto limits =
      options("ulimits: {nofile: 1024, nproc: {soft: 10, hard: -1}, core: -1}").ulimits;
  CHECK(limit_text(limits.at("nofile")) == "1024");
  CHECK(limit_text(limits.at("nproc")) == "10:-1");
  CHECK(limit_text(limits.at("core")) == "-1");
  CHECK(contains(only_error("ulimits: {nofiles: 1}"), "did you mean \"nofile\"?"));
  CHECK(contains(only_error("ulimits: {nofile: many}"), "must be a whole number"));
  CHECK(contains(only_error("ulimits: {nofile: {soft: 1}}"), "a map of soft and hard"));
  CHECK(contains(only_error("ulimits: {nofile: {soft: 9, hard: 1}}"), "above the hard one"));
  CHECK(contains(only_error("ulimits: [nofile]"), "must be a map of names to numbers"));
}

TEST_CASE("file systems in memory have targets of their own") {
  const std::map<std::string, std::string> both{{"/run", ""}, {"/cache", "size=64m,mode=1777"}};
  CHECK(options("tmpfs: [/run, \"/cache:size=64m,mode=1777\"]").tmpfs == both);
  CHECK(options("tmpfs: /run").tmpfs.size() == 1);
  CHECK(contains(only_error("tmpfs: run"), "\"run\" is not a tmpfs"));
  CHECK(contains(only_error("tmpfs: [/run, \"/run:size=1m\"]"), "two tmpfs have the target /run"));
  CHECK(contains(only_error("tmpfs: [/run]\nvolumes: [\"data:/run\"]"),
                 "a volume and a tmpfs have the target /run"));
}

TEST_CASE("logging and labels are names with values") {
  const ContainerOptions found = options(
      "logging: {driver: json-file, options: {max-size: 10m, max-file: 3}}\n"
      "labels: {com.example.team: web, price: \"$$5\"}");
  CHECK(found.log_driver == "json-file");
  CHECK(found.log_options.at("max-file") == "3");
  CHECK(found.labels.at("price") == "$5");
  CHECK(contains(only_error("labels: {segue.release: x}"), "say what a container is"));
  CHECK(contains(only_error("labels: {\"a=b\": x}"), "not a name of a label"));
  CHECK(contains(only_error("logging: {driver: --privileged}"), "not a name of a logging driver"));
  CHECK(contains(only_error("logging: {drver: local}"), "did you mean \"driver\"?"));
}

TEST_CASE("user, folder and entrypoint are words that no program takes for options") {
  CHECK(options("user: 1000").user == "1000");
  CHECK(options("user: \"app:app\"").user == "app:app");
  CHECK(options("working_dir: /app").working_dir == "/app");
  CHECK(options("entrypoint: \"tini -g -- 'two words'\"").entrypoint ==
        Words{"tini", "-g", "--", "two words"});
  CHECK(options("entrypoint: [/bin/sh, -c]\ncommand: [\"echo a | cat\"]").entrypoint ==
        Words{"/bin/sh", "-c"});
  CHECK(options("entrypoint: serve | tee /log").entrypoint ==
        Words{"sh", "-c", "serve | tee /log"});
  for (const char* wrong : {"-u", "\"a b\"", "\":app\"", "\"app:\""})
    CHECK(contains(only_error(std::string("user: ") + wrong), "is not a user"));
  CHECK(contains(only_error("working_dir: app"), "absolute path"));
  CHECK(contains(only_error("entrypoint: []"), "the entrypoint is empty"));
  CHECK(contains(only_error("entrypoint: \"'a\""), "a quote in the entrypoint is never closed"));
  CHECK(contains(only_error("entrypoint: a | b\ncommand: c"), "`command` would be lost"));
}

TEST_CASE(
    "another network than the project's goes with neither ports nor proxy, but for the host's") {
  for (const char* mode : {"none", "bridge", "host", "container:vpn"})
    CHECK(options(std::string("network_mode: ") + mode).network_mode == mode);
  CHECK(contains(only_error("network_mode: hots"), "must be host, none, bridge"));
  CHECK(contains(only_error("network_mode: container:-x"), "must be host, none, bridge"));
  CHECK(service("network_mode: bridge\nports: [\"8080:80\"]").ports.size() == 1);
  CHECK(contains(only_error("network_mode: none\nports: [\"8080:80\"]"), "publishes no ports"));
  CHECK(contains(only_error("network_mode: host\nports: [\"8080:80\"]"), "on the host itself"));
  CHECK(service("network_mode: host\nproxy: {app_port: 80}").route->app_port == 80);
  CHECK(contains(only_error("network_mode: bridge\nproxy: {app_port: 80}"), "can't reach"));
  CHECK(contains(only_error("network_mode: none\nhealthcheck: {path: /up, port: 80}"),
                 "check its health by `cmd`"));
  CHECK(contains(only_error("network_mode: host\nreplicas: 2"), "one container on each host"));
  CHECK(contains(only_error("network_mode: host\nstop_first: false"), "stopped first"));
  for (const char* ours : {"web", "shop-web", "segue-proxy"})
    CHECK(contains(only_error(std::string("network_mode: container:") + ours), "segue's own"));
}

TEST_CASE("ranges of ports are spread out, as long on both sides") {
  const auto ports = service("ports: [\"127.0.0.1:8000-8002:9000-9002/udp\", 7000-7001]").ports;
  REQUIRE(ports.size() == 5);
  CHECK(ports[2].host_port == 8002);
  CHECK(ports[2].container_port == 9002);
  CHECK(ports[2].address == "127.0.0.1");
  CHECK(ports[2].protocol == "udp");
  CHECK_FALSE(ports[3].host_port);
  CHECK(ports[4].container_port == 7001);
  CHECK(contains(only_error("ports: [\"8000-8002:80\"]"), "3 and 1 ports"));
  CHECK(contains(only_error("ports: [\"8002-8000:8002-8000\"]"), "ends before it begins"));
  CHECK(contains(only_error("ports: [\"1-5000:1-5000\"]"), "at most 256"));
  CHECK(contains(only_error("ports: [\"8000-:80\"]"), "is not a port"));
  CHECK(contains(only_error("ports: [\"8000-8010:8000-8010\", \"[::]:8005-8009:1-5\"]"),
                 "host port 8005 is published twice"));
}
