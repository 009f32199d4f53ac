#include "support/catch.hpp"

#include "segue/config/load.hpp"

using namespace segue;

namespace {

Config load(const std::string& services, std::optional<std::string> version = {},
            const std::string& top = {}, const std::string& environment = {}) {
  const std::string text =
      "project: shop\nservers: {web1: {host: 203.0.113.7}}\n" + top + "services:\n" + services;
  LoadedConfig loaded = load_config({"deploy.yml", text, environment, std::move(version)});
  REQUIRE(loaded.config);
  return *loaded.config;
}

}  // namespace

TEST_CASE("what is built is called as its containers, and its version is the tag") {
  const std::string services = "  web: {build: ., hosts: [web1]}\n";
  CHECK(load(services, "v1").services[0].image == "shop-web:v1");
  CHECK(load(services, "v1", "", "staging").services[0].image == "shop-staging-web:v1");
  CHECK(load(services).services[0].image == "shop-web:latest");
}

TEST_CASE("a build's own arguments win over those of all") {
  const Config config =
      load("  web: {build: {context: ./app//, args: {A: own, C: c}}, hosts: [web1]}\n", {},
           "builder: {args: {A: shared, B: b}}\n");
  const BuildConfig& build = *config.services[0].build;
  CHECK(build.context == "app");
  CHECK(build.args == std::map<std::string, std::string>{{"A", "own"}, {"B", "b"}, {"C", "c"}});
}

namespace {

const std::string kRegistry =
    "builder: {registry: {server: ghcr.io/acme, username: alice, password: TOKEN}}\n";

std::string wrong(const std::string& top, const std::string& service = {}) {
  const std::string text = "project: shop\nservers: {web1: {host: 203.0.113.7}}\n" + top +
                           "services:\n  web: {build: ., hosts: [web1]" + service + "}\n";
  const LoadedConfig loaded = load_config({"deploy.yml", text, "", {}});
  return loaded.errors.empty() ? "" : loaded.errors.front().what;
}

std::string wrong_registry(const std::string& keys) {
  return wrong("builder:\n  registry:\n    " + keys + "\n");
}

}  // namespace

TEST_CASE("what is built may be a git repository, without a password in its address") {
  const auto context = [](const std::string& address) {
    return "  web: {build: \"" + address + "\", hosts: [web1]}\n";
  };
  for (const char* address : {"https://example.com/acme/shop.git#v1:web",
                              "git@example.com:shop.git", "ssh://git@example.com/shop.git"}) {
    CAPTURE(address);
    const Config config = load(context(address));
    CHECK(config.services[0].build->context == address);
    CHECK(config.services[0].build->is_address());
  }
  const auto refused = [&](const std::string& address) {
    const std::string text =
        "project: shop\nservers: {web1: {host: 203.0.113.7}}\nservices:\n" + context(address);
    return !load_config({"deploy.yml", text, "", {}}).config;
  };
  CHECK(refused("https://alice:pw@example.com/shop.git"));
  CHECK(refused("https://token@example.com/shop.git"));
  CHECK(refused("https://example.com/shop.tar"));
  CHECK(refused("https://example.com/a shop.git"));
}

TEST_CASE("with a registry what is built is called as it is pushed") {
  const std::string services = "  web: {build: ., hosts: [web1]}\n";
  CHECK(load(services, "v1", kRegistry).services[0].image == "ghcr.io/acme/shop-web:v1");
  CHECK(load(services, "v1", kRegistry, "staging").services[0].image ==
        "ghcr.io/acme/shop-staging-web:v1");
  const Config own =
      load("  web: {build: ., image: ghcr.io/other/web, hosts: [web1]}\n", "v1", kRegistry);
  CHECK(own.services[0].image == "ghcr.io/other/web:v1");
  CHECK(wrong(kRegistry, ", image: quay.io/acme/web") ==
        "quay.io/acme/web is not in the registry ghcr.io");
  CHECK(wrong(kRegistry, ", image: ghcr.io/acme/web:v1") ==
        "what is built has its version as its tag");
  CHECK(wrong("", ", image: acme/web") == "`services.web` has both `image` and `build`");
}

TEST_CASE("a registry says which images are its own") {
  const RegistryConfig ghcr =
      load("  web: {image: a, hosts: [web1]}\n", {}, kRegistry).builder.registry;
  CHECK(ghcr.exists());
  CHECK(ghcr.host() == "ghcr.io");
  CHECK(ghcr.holds("ghcr.io/other/tool:1"));
  CHECK_FALSE(ghcr.holds("ghcr.io.example.com/tool:1"));
  CHECK_FALSE(ghcr.holds("acme/tool:1"));
  RegistryConfig hub;
  hub.server = "docker.io/acme";
  CHECK(hub.holds("nginx:1"));
  CHECK(hub.holds("docker.io/acme/web"));
  CHECK_FALSE(hub.holds("localhost/web"));
  CHECK_FALSE(RegistryConfig{}.holds("nginx:1"));
}

TEST_CASE("what a registry lacks, or what is no registry, is said") {
  CHECK(wrong_registry("type: remote").starts_with("`builder.registry.server` is missing"));
  CHECK(wrong_registry("server: acme") == "\"acme\" is not a registry");
  CHECK(wrong_registry("server: https://ghcr.io") == "\"https://ghcr.io\" is not a registry");
  CHECK(wrong_registry("server: 10.77.0.1:5000/acme").empty());
  CHECK(wrong_registry("{server: ghcr.io, username: alice}") ==
        "`builder.registry.password` is missing");
  CHECK(wrong_registry("{server: ghcr.io, password: TOKEN}") ==
        "`builder.registry.username` is missing");
  CHECK(wrong_registry("{type: none, server: ghcr.io}") ==
        "`builder.registry.server` has no effect: `type` is none");
}

TEST_CASE("a password in deploy.yml is refused without being shown") {
  const std::string text =
      "project: shop\nservers: {web1: {host: 203.0.113.7}}\nbuilder:\n  registry:\n"
      "    server: ghcr.io\n    username: alice\n    password: hunter2\n"
      "services:\n  web: {build: ., hosts: [web1]}\n";
  const LoadedConfig loaded = load_config({"deploy.yml", text, "", {}});
  REQUIRE(loaded.errors.size() == 1);
  const std::string shown = show_diagnostic(loaded.errors.front(), text, "error");
  CHECK(shown.find("is not the name of a secret") != std::string::npos);
  CHECK(shown.find("hunter2") == std::string::npos);
}

TEST_CASE("a registry of this machine has a port, and what is built its own name") {
  const auto local = [](const std::string& more) {
    return load("  web: {build: ., hosts: [web1]}\n", "v1",
                "builder: {registry: {type: local" + more + "}}\n");
  };
  const Config config = local("");
  CHECK(config.builder.registry.is_local());
  CHECK_FALSE(config.builder.registry.exists());
  CHECK(config.builder.registry.server == "127.0.0.1:31270");
  CHECK(config.services.front().image == "shop-web:v1");
  CHECK(local(", port: 5000").builder.registry.local_port == 5000);
  CHECK(wrong_registry("{type: local, port: 80}") == "80 is not a port that a registry can have");
  CHECK(wrong_registry("{type: local, username: alice}") ==
        "`builder.registry.username` has no effect: `type` is local");
}

TEST_CASE("a registry's password is a secret, a text of secrets, or what a command prints") {
  const auto registry = [&](const std::string& password) {
    return load("  web: {build: ., hosts: [web1]}\n", {},
                "secrets: {adapter: pass}\nbuilder: {registry: {server: ghcr.io, username: alice, "
                "password: " +
                    password + "}}\n")
        .builder.registry;
  };
  CHECK(secrets_needed(registry("TOKEN")) == std::set<std::string>{"TOKEN"});
  CHECK(secrets_needed(registry("\"${A}-${B}\"")) == std::set<std::string>{"A", "B"});
  const RegistryConfig command = registry("{command: aws ecr get-login-password}");
  CHECK(secrets_needed(command).empty());
  CHECK(command.password_command == std::vector<std::string>{"aws", "ecr", "get-login-password"});
}

namespace {

BuilderConfig builder(const std::string& keys) {
  return load("  web: {build: ., hosts: [web1]}\n", {}, "builder: {" + keys + "}\n").builder;
}

}  // namespace

TEST_CASE("another machine builds when it is named") {
  CHECK_FALSE(builder("local: true").remote);
  const auto remote =
      builder("local: false, remote: \"ssh://alice@build.example.com:2222\"").remote;
  REQUIRE(remote);
  CHECK(remote->host == "build.example.com");
  CHECK(remote->user == "alice");
  CHECK(remote->port == 2222);
  const auto short_one = builder("remote: \"ssh://[2001:db8::7]\"").remote;
  REQUIRE(short_one);
  CHECK(short_one->host == "2001:db8::7");
  CHECK_FALSE(short_one->user);
  CHECK_FALSE(short_one->port);
  CHECK_FALSE(builder("local: true, remote: \"ssh://build.example.com\"").remote);
}

TEST_CASE("a server that builds is reached as it says itself") {
  const Config config = load("  web: {build: ., hosts: [web1]}\n", {},
                             "builder: {remote: \"ssh://bob@web1\"}\nssh: {user: alice}\n");
  REQUIRE(config.builder.remote);
  CHECK(config.builder.remote->host == "203.0.113.7");
  CHECK(config.builder.remote->user == "bob");
}

TEST_CASE("a machine that is no address is refused, and none at all") {
  for (const char* address : {"build.example.com", "tcp://build:2375", "ssh://-oProxyCommand=x",
                              "ssh://", "ssh://a:0", "ssh://a:b", "ssh://a/b", "ssh://-x@a"}) {
    CAPTURE(address);
    CHECK(wrong("builder: {remote: \"" + std::string(address) + "\"}\n") != "");
  }
  CHECK(wrong("builder: {local: false}\n") == "nothing says which other machine builds");
  CHECK(wrong("builder: {remote: \"ssh://build.example.com\", registry: {type: local}}\n") ==
        "what another machine builds is not in the registry of this one");
}

TEST_CASE("a release is called after what is built, wherever that stands in the file") {
  const std::string services =
      "  db: {image: \"postgres:16\", hosts: [web1]}\n  web: {build: ., hosts: [web1]}\n"
      "  cache: {image: redis, hosts: [web1]}\n";
  const Config config = load(services, "v7");
  CHECK(config.version({}) == "v7");
  CHECK(config.version({"db"}) == "16");
  CHECK(config.version({"db", "web"}) == "v7");
  CHECK(config.version({"cache"}) == "latest");
}

TEST_CASE("a cache is what the engine keeps, or in a place of its own") {
  using Type = BuildCacheConfig::Type;
  CHECK(builder("cache: true").cache.type == Type::engine);
  CHECK(builder("cache: false").cache.type == Type::none);
  CHECK(builder("cache: {type: gha}").cache.type == Type::gha);
  CHECK(builder("cache: {type: local, path: /var/cache/builds}").cache.path == "/var/cache/builds");
  const BuildCacheConfig named =
      builder("cache: {type: registry, repository: ghcr.io/acme/c}").cache;
  CHECK(named.type == Type::registry);
  CHECK(named.repository == "ghcr.io/acme/c");
  CHECK(builder("cache: {type: registry}, registry: {server: \"ghcr.io:5000/acme\"}")
            .cache.repository == "ghcr.io:5000/acme/cache");
  CHECK(wrong("builder: {cache: {type: registry}}\n") ==
        "nothing says in which registry the cache is");
  CHECK(wrong("builder: {cache: {type: local}}\n") == "nothing says in which folder the cache is");
  CHECK(wrong("builder: {cache: {type: registry, repository: \"a/b:tag\"}}\n") ==
        "\"a/b:tag\" is no repository");
  CHECK(wrong("builder: {cache: {type: s3}}\n") != "");
}
