// ${NAME}: where it comes from, where it may stand, and that a secret is never filled in here.
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/config/secret_text.hpp"

#include <fmt/format.h>

#include <ctime>

using namespace segue;

namespace {

std::string file_with(const std::string& service, const std::string& top = "") {
  std::string text = "project: shop\nservers: {web-1: {host: 10.0.0.1}}\n" + top +
                     "services:\n  web:\n    image: web:1\n    hosts: [web-1]\n";
  for (const std::string& line : split_lines(service)) text += "    " + line + "\n";
  return text;
}

LoadedConfig load(const std::string& text) {
  LoadRequest request{"deploy.yml", text, "", "v1"};
  request.has_secret = [](const std::string& name, const std::string&) {
    return name == "PASSWORD" || name == "A";
  };
  return load_config(request);
}

ServiceConfig service(const std::string& lines, const std::string& top = "") {
  const LoadedConfig loaded = load(file_with(lines, top));
  for (const Error& error : loaded.errors) FAIL_CHECK(error.what);
  REQUIRE(loaded.config);
  return loaded.config->services.at(0);
}

Error only_error(const std::string& lines, const std::string& top = "") {
  const LoadedConfig loaded = load(file_with(lines, top));
  REQUIRE(loaded.errors.size() == 1);
  return loaded.errors.front();
}

const std::string kClear =
    "environment: {clear: {DOMAIN: shop.example.com, PORT: \"3000\", N: 2}}\n";

}  // namespace

TEST_CASE("a name of the shared environment works in any text, also in a number's place") {
  const ServiceConfig web = service(
      "command: serve --port ${PORT}\nreplicas: ${N}\n"
      "proxy:\n  app_port: ${PORT}\n  host: api.${DOMAIN}",
      kClear);
  CHECK(web.command == std::vector<std::string>{"serve", "--port", "3000"});
  CHECK(web.replicas == 2);
  REQUIRE(web.route);
  CHECK(web.route->app_port == 3000);
  CHECK(web.route->hosts == std::vector<std::string>{"api.shop.example.com"});
}

TEST_CASE("a service's own environment wins over the shared one, and .env over neither") {
  const ServiceConfig web = service(
      "command: run ${DOMAIN} ${A}\nenvironment: {clear: {DOMAIN: own.example.com, A: mine}}",
      kClear);
  CHECK(web.command == std::vector<std::string>{"run", "own.example.com", "mine"});
}

TEST_CASE("two dollars are one, and what was put in is not looked at again") {
  const ServiceConfig web = service(
      "environment: {clear: {PRICE: \"$$5 or $$${N}\", TWICE: \"$${DOMAIN}\", ALONE: $HOME}}\n"
      "command: [run, \"${TWO}\"]",
      "environment: {clear: {N: 2, TWO: \"$${N}\"}}\n");
  CHECK(web.environment.at("PRICE") == "$5 or $2");
  CHECK(web.environment.at("TWICE") == "${DOMAIN}");
  CHECK(web.environment.at("ALONE") == "$HOME");
  CHECK(web.command == std::vector<std::string>{"run", "${N}"});
}

TEST_CASE("a name that nothing defines is an error at its place") {
  const Error error = only_error("command: run ${DOMIAN}", kClear);
  CHECK(error.what == "`${DOMIAN}` is not defined");
  CHECK(error.hint == "did you mean ${DOMAIN}?");
  CHECK(error.at->line == 8);
  CHECK(error.at->column == 18);
  CHECK(contains(only_error("command: run ${VERSION}").hint, "only an `image` knows it"));
  CHECK(contains(only_error("command: 'run ${A:-b}'").what, "is no variable"));
  CHECK(only_error("command: run ${OPEN").what == "this ${ is never closed");
  CHECK(contains(only_error("", "environment: {clear: {C: \"${C}\"}}\n").what,
                 "a variable of its own"));
}

TEST_CASE("a secret in a value of the environment makes the variable a secret") {
  const ServiceConfig web = service(
      "environment:\n  clear:\n    URL: \"db://${USER}:${PASSWORD}@$$x\"\n    USER: app\n"
      "    TOKEN: ${KEY}\n  secrets: [KEY]");
  CHECK(web.environment == std::map<std::string, std::string>{{"USER", "app"}});
  CHECK(web.secrets == std::vector<std::string>{"KEY", "TOKEN", "URL"});
  const std::string& text = web.secret_key("URL");
  CHECK(text == "db://app:${PASSWORD}@$$x");
  CHECK(web.secret_key("KEY") == "KEY");
  CHECK(secrets_needed(web) == std::set<std::string>{"KEY", "PASSWORD"});
  const Secret filled = fill_secret_text(text, {{"PASSWORD", Secret("p$$1${X}")}});
  CHECK(filled.reveal() == "db://app:p$$1${X}@$x");
}

TEST_CASE("a secret is an error where it would be seen") {
  for (const std::string line :
       {"command: run ${PASSWORD}", "volumes: [\"${PASSWORD}:/data\"]", "replicas: ${PASSWORD}",
        "proxy: {app_port: 80, host: \"${PASSWORD}.example.com\"}"}) {
    const Error error = only_error(line);
    CHECK(error.what == "`${PASSWORD}` is a secret, which would be seen here");
    CHECK(error.at->line == 7);
  }
  const Error listed = only_error("command: run ${KEY}\nenvironment: {secrets: [KEY]}");
  CHECK(contains(listed.what, "is a secret"));
  CHECK_FALSE(load("project: \"${PASSWORD}\"\n").config);
}

TEST_CASE("with an adapter a name may be one that only it knows") {
  const std::string value = "environment: {clear: {URL: \"x${UNKNOWN}\"}}";
  CHECK(only_error(value).what == "`${UNKNOWN}` is not defined");
  const LoadedConfig loaded = load(file_with(value, "secrets: {adapter: pass}\n"));
  for (const Error& error : loaded.errors) CHECK_FALSE(contains(error.what, "UNKNOWN"));
}

TEST_CASE("texts that grow without end are answered soon") {
  const std::string big(200'000, 'x');
  std::string many;
  for (int i = 0; i < 50'000; ++i) many += "${B}";
  const std::clock_t start = std::clock();
  const LoadedConfig loaded =
      load(file_with("command: '" + many + "'", "environment: {clear: {B: " + big + "}}\n"));
  CHECK((std::clock() - start) / CLOCKS_PER_SEC < 5);
  REQUIRE(loaded.errors.size() == 1);
  CHECK(contains(loaded.errors[0].what, "longer than 4 MiB"));
}

TEST_CASE("keys that begin with x- are free everywhere, whatever stands in them") {
  const ServiceConfig web =
      service("x-note: ${NOBODY}\nproxy: {app_port: 80, x-a: [{b: \"${C}\"}]}",
              "x-top: ${D}\nssh: {x-e: 1}\n");
  CHECK(web.route);
}

TEST_CASE("what an anchor holds is filled in where it is used") {
  const LoadedConfig loaded = load(
      "project: shop\nservers: {web-1: {host: h}}\nx-all: &all {image: web:1, hosts: [web-1], "
      "command: \"run ${WHO}\"}\nservices:\n"
      "  a: {<<: *all, environment: {clear: {WHO: a}}}\n"
      "  b: {<<: *all, environment: {clear: {WHO: b}}}\n");
  REQUIRE(loaded.config);
  CHECK(loaded.config->service("a")->command.back() == "a");
  CHECK(loaded.config->service("b")->command.back() == "b");
}
