#include "segue/engine/engine.hpp"

#include "support/catch.hpp"
#include "support/shell_output.hpp"

using namespace segue;

TEST_CASE("A container's facts are read from one line of the engine") {
  const auto facts = parse_container(
      R"({"id":"1f2e","name":"/shop-web","image":"sha256:aa","image_id":"sha256:aa",)"
      R"("state":"exited","exit_code":137,"out_of_memory":true,"restarts":3,)"
      R"("policy":"unless-stopped","started_at":"2026-01-01T10:00:00.5Z","health":"unhealthy",)"
      R"("labels":{"segue.project":"shop","segue.fields":"{\"a\":\"it's\"}"},)"
      R"("networks":["bridge","segue-shop",""]})");
  REQUIRE(facts.has_value());
  CHECK(facts->name == "shop-web");
  CHECK(facts->exit_code == 137);
  CHECK(facts->out_of_memory);
  CHECK(facts->restarts == 3);
  CHECK(facts->label("segue.fields") == "{\"a\":\"it's\"}");
  CHECK(facts->label("segue.none").empty());
  CHECK(facts->networks == std::vector<std::string>{"bridge", "segue-shop"});
  CHECK_FALSE(facts->running());
}

TEST_CASE("A container without labels has none") {
  const auto facts = parse_container(
      R"({"id":"1","name":"x","image":"i","image_id":"i","state":"running","exit_code":0,)"
      R"("out_of_memory":false,"restarts":0,"policy":"","started_at":"","health":"",)"
      R"("labels":null,"networks":[""]})");
  REQUIRE(facts.has_value());
  CHECK(facts->labels.empty());
  CHECK(facts->running());
}

TEST_CASE("What is no answer of the engine is an error that shows it, made safe") {
  for (const char* text : {"", "{}", "\x1b[31mnot JSON", "[]", R"({"id":5})"}) {
    const auto facts = parse_container(text);
    REQUIRE_FALSE(facts.has_value());
    CHECK(facts.error().what.find('\x1b') == std::string::npos);
    CHECK_FALSE(parse_image(text).has_value());
  }
}

TEST_CASE("An image's own health check is found, and NONE is none") {
  const auto image = [](const std::string& config) {
    return parse_image(R"({"id":"sha256:1","digests":["caddy@sha256:2"],"architecture":"amd64",)"
                       R"("config":)" +
                       config + "}");
  };
  CHECK(image(R"({"Healthcheck":{"Test":["CMD-SHELL","curl x"]}})")->healthcheck ==
        std::vector<std::string>{"CMD-SHELL", "curl x"});
  CHECK(image(R"({"Healthcheck":{"Test":["NONE"]}})")->healthcheck.empty());
  CHECK(image(R"({"Healthcheck":null})")->healthcheck.empty());
  CHECK(image("null")->healthcheck.empty());
  CHECK(image("{}")->digests == std::vector<std::string>{"caddy@sha256:2"});
}

TEST_CASE("Published ports are read as engines list them") {
  using Ports = std::vector<PublishedPort>;
  CHECK(parse_published_ports("0.0.0.0:8080->80/tcp, :::8080->80/tcp") == Ports{{8080, "tcp"}});
  CHECK(parse_published_ports("0.0.0.0:8080->80/tcp, [::]:8080->80/tcp") == Ports{{8080, "tcp"}});
  CHECK(parse_published_ports("80/tcp, 443/tcp").empty());
  CHECK(parse_published_ports("").empty());
  CHECK(parse_published_ports("127.0.0.1:53->53/udp") == Ports{{53, "udp"}});
  CHECK(parse_published_ports("0.0.0.0:8000-8002->8000-8002/tcp") ==
        Ports{{8000, "tcp"}, {8001, "tcp"}, {8002, "tcp"}});
  CHECK(parse_published_ports("0.0.0.0:x->80/tcp").empty());
}

TEST_CASE("A secret that the client would take for a setting of its own goes through a pipe") {
  ContainerSpec spec;
  spec.name = "shop-web";
  spec.image_id = "sha256:aa";
  spec.network = "segue-shop";
  spec.secrets = {"DOCKER_HOST", "PATH", "TOKEN"};
  const std::string command = Engine("/usr/bin/docker").run(spec).without_secrets();
  CHECK(
      command.starts_with("printf '%s\\n' DOCKER_HOST='[secret]' PATH='[secret]' | "
                          "TOKEN='[secret]' /usr/bin/docker run -d --pull=never --name shop-web "
                          "--env-file /dev/stdin --restart no "));
  CHECK(command.ends_with(" -e TOKEN -- sha256:aa"));
}

TEST_CASE("In every shell, hostile names reach the container and change nothing for the client") {
  std::string client = (std::filesystem::temp_directory_path() / "segue-client-XXXXXX").string();
  const int descriptor = mkstemp(client.data());
  REQUIRE(descriptor >= 0);
  close(descriptor);
  std::ofstream(client) << "#!/bin/sh\nprintf 'argv: %s\\n' \"$*\"\n"
                           "printf 'own: %s %s\\n' \"${LD_PRELOAD-none}\" \"${DOCKER_HOST-none}\"\n"
                           "printf 'token: %s\\n' \"$TOKEN\"\ncat /dev/stdin\nexit 5\n";
  std::filesystem::permissions(client, std::filesystem::perms::owner_all);
  ContainerSpec spec;
  spec.name = "shop-web";
  spec.secrets = {"DOCKER_HOST", "HOME", "IFS", "LD_PRELOAD", "PATH", "TOKEN", "UID"};
  const std::map<std::string, Secret> values{{"DOCKER_HOST", Secret("tcp://hunter2:1")},
                                             {"HOME", Secret("")},
                                             {"IFS", Secret("o e")},
                                             {"LD_PRELOAD", Secret("/hunter2.so")},
                                             {"PATH", Secret("/hunter2 'a' $(id) `id` \\n %s")},
                                             {"TOKEN", Secret("two\nlines")},
                                             {"UID", Secret("hunter2")}};
  const std::string text = Engine(client).run(spec).render(
      [&](const std::string& name) -> const Secret& { return values.at(name); });
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const std::string output = shell_output(shell, text + "\necho \"ended with $?\"\n");
    const size_t begin = output.find("own: ");
    REQUIRE(begin != std::string::npos);
    CHECK(output.substr(0, begin).find("hunter2") == std::string::npos);
    CHECK(output.substr(begin) ==
          "own: none none\ntoken: two\nlines\nDOCKER_HOST=tcp://hunter2:1\nHOME=\nIFS=o e\n"
          "LD_PRELOAD=/hunter2.so\nPATH=/hunter2 'a' $(id) `id` \\n %s\nUID=hunter2\n"
          "ended with 5\n");
  }
  std::filesystem::remove(client);
}

TEST_CASE("A secret goes by name, and everything after the options is protected") {
  ContainerSpec spec;
  spec.name = "shop-web";
  spec.image_id = "sha256:aa";
  spec.network = "segue-shop";
  spec.environment = {{"MODE", "a b"}};
  spec.secrets = {"TOKEN"};
  spec.command = {"-x"};
  spec.stop_timeout = Duration(1'500);
  CHECK(Engine("/usr/bin/docker").run(spec).without_secrets() ==
        "TOKEN='[secret]' /usr/bin/docker run -d --pull=never --name shop-web --restart no "
        "--stop-timeout 2 --network segue-shop -e 'MODE=a b' -e TOKEN -- sha256:aa -x");
}

TEST_CASE("Podman keeps an address from container to container, with its MAC") {
  HostFacts facts;
  facts.engine_path = "/usr/bin/podman";
  facts.engine_kind = EngineKind::podman;
  facts.state_root = "/srv/segue";
  const Engine podman(facts);
  ContainerSpec spec;
  spec.name = "shop-web";
  spec.image_id = "sha256:1";
  spec.network = "segue-shop";
  spec.aliases = {"web"};
  spec.addresses = {{"segue-shop--admission", "b-1"}};
  const std::string command = podman.run(spec).without_secrets();
  INFO(command);
  CHECK(command.find("--network segue-shop:alias=web ") != std::string::npos);
  CHECK(command.find("--network segue-shop--admission:mac=02:") != std::string::npos);
  CHECK(command.find(",ip=\"$(cat /srv/segue/proxy/addresses/b-1 || echo none)\"") !=
        std::string::npos);
  spec.name = "shop-web-next";
  const std::string next = podman.run(spec).without_secrets();
  const auto mac = [](const std::string& text) { return text.substr(text.find(":mac="), 22); };
  CHECK(mac(next) == mac(command));
  CHECK(podman.connect("segue-shop--admission", "b-1", "x")
            .without_secrets()
            .find(mac(command).substr(5)) != std::string::npos);
}

TEST_CASE("Podman can't change a restart policy, so a container has it from the beginning") {
  const Engine podman("/usr/bin/podman", EngineKind::podman);
  const Engine docker("/usr/bin/docker");
  CHECK(podman.set_restart_policy({"shop-web"}, "always").without_secrets() == ":");
  CHECK(podman.restart_policy("always") == "unless-stopped");
  CHECK(podman.restart_policy("on-failure") == "on-failure");
  CHECK(podman.restart_policy("no") == "no");
  CHECK(docker.restart_policy("always") == "always");
}

TEST_CASE("Podman is told the registry that a short name means") {
  const Engine podman("/usr/bin/podman", EngineKind::podman);
  CHECK(podman.pull_reference("nginx:1") == "docker.io/library/nginx:1");
  CHECK(podman.pull_reference("acme/web:1") == "docker.io/acme/web:1");
  CHECK(podman.pull_reference("ghcr.io/acme/web:1") == "ghcr.io/acme/web:1");
  CHECK(podman.pull_reference("localhost:5000/web") == "localhost:5000/web");
  CHECK(Engine("/usr/bin/docker").pull_reference("nginx:1") == "nginx:1");
}

TEST_CASE("An image has one id, whichever engine tells it") {
  const std::string hex(64, 'a');
  const auto image =
      parse_image(R"({"id":")" + hex +
                  R"(","digests":null,"architecture":"amd64","config":{"Healthcheck":null}})");
  REQUIRE(image);
  CHECK(image->id == "sha256:" + hex);
  CHECK(image->healthcheck.empty());
}

TEST_CASE("Each option of a container is words for the engine, in its own way") {
  ContainerSpec spec;
  spec.name = "shop-web";
  spec.image_id = "sha256:aa";
  spec.network = "host";
  spec.command = {"last"};
  ContainerOptions& options = spec.options;
  options.milli_cpus = 1250;
  options.memory = 1'610'612'736;
  options.shm_size = 100'000'001;
  options.gpus = {"0", "1"};
  options.devices = {"/dev/fuse:/dev/fuse:rw"};
  options.ulimits = {{"nofile", {1024, 2048}}, {"core", {0, 0}}};
  options.tmpfs = {{"/run", ""}, {"/cache", "size=64m"}};
  options.cap_add = {"NET_ADMIN"};
  options.cap_drop = {"ALL"};
  options.privileged = options.init = options.read_only = true;
  options.log_driver = "json-file";
  options.log_options = {{"max-size", "10m"}};
  options.labels = {{"team", "it's web"}};
  options.user = "1000:app";
  options.working_dir = "/app";
  options.entrypoint = {"tini", "-g", "--"};
  CHECK(Engine("/usr/bin/docker").run(spec).without_secrets() ==
        "/usr/bin/docker run -d --pull=never --name shop-web --restart no --stop-timeout 10 "
        "--network host --cpus 1.25 --memory 1536m --shm-size 100000001 --gpus "
        "'\"device=0,1\"' --device /dev/fuse:/dev/fuse:rw --ulimit core=0 --ulimit "
        "nofile=1024:2048 --tmpfs /cache:size=64m --tmpfs /run --cap-add NET_ADMIN --cap-drop ALL "
        "--privileged --init --read-only --log-driver json-file --log-opt max-size=10m --label "
        "'team=it'\\''s web' --user 1000:app --workdir /app --entrypoint tini -- sha256:aa -g -- "
        "last");
  options = {};
  options.gpus = {"all"};
  CHECK(Engine("/d").run(spec).without_secrets().ends_with("--gpus all -- sha256:aa last"));
  options.gpus = {"0", "1"};
  options.read_only = true;
  CHECK(Engine("/p", EngineKind::podman)
            .run(spec)
            .without_secrets()
            .ends_with("--device nvidia.com/gpu=0 --device nvidia.com/gpu=1 --read-only "
                       "--read-only-tmpfs=false -- sha256:aa last"));
}
