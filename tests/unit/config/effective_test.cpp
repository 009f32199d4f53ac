// `config show` and `config schema`: what is shown loads as the same configuration, and the schema
// knows every key.
#include "segue/config/effective.hpp"

#include "support/golden.hpp"

#include "segue/base/text.hpp"
#include "segue/config/json_schema.hpp"
#include "segue/config/schema_reference.hpp"
#include "segue/config/starter.hpp"

using namespace segue;

namespace {

const std::string kBase = R"(project: shop
servers:
  web-1: {host: 10.0.0.1, user: root}
  web-2: {host: "10.0.0.2"}
ssh: {user: deploy}
environment:
  clear: {LOG_LEVEL: debug, DOMAIN: shop.example.com, PORT: "3000", YES: "yes"}
  secrets: [PASSWORD]
services:
  web:
    image: web:${VERSION}
    hosts: [web-1, web-2]
    command: [serve, "--price=$$5", "two\nlines"]
    proxy: {app_port: "${PORT}", host: "${DOMAIN}", ssl: false, healthcheck: {path: /up, status: [200, 301]}}
    environment:
      clear: {URL: "db://app:${PASSWORD}@$$x", LOG_LEVEL: warn}
  jobs:
    image: jobs:1
    hosts: [web-1]
    restart: "no"
    environment: {clear: {PASSWORD: none}, secrets: [LOG_LEVEL]}
)";

const std::string kAbove = R"(extends: deploy.yml
rollout: {parallel: 2}
services:
  web: {replicas: 2, x-note: free}
)";

LoadedConfig loaded_from(const std::string& file, const std::string& text) {
  LoadRequest request{file, text, "", "v1"};
  request.read = [](const std::string&) -> Result<std::string> { return kBase; };
  LoadedConfig loaded = load_config(request);
  for (const Error& error : loaded.errors) FAIL_CHECK(show_diagnostic(error, text, "error"));
  REQUIRE(loaded.config);
  return loaded;
}

}  // namespace

TEST_CASE("config show says what takes effect, and where it was said") {
  const LoadedConfig loaded = loaded_from("deploy.production.yml", kAbove);
  const EffectiveConfig shown = effective_config(*loaded.document, false);
  check_golden("output/config-show.yml", shown.yaml);
  check_golden("output/config-show.json", shown.json + "\n");
  CHECK(contains(effective_config(*loaded.document, true).yaml, "image: \"web:v1\""));
}

TEST_CASE("what config show prints is a deploy.yml that says the same") {
  const LoadedConfig loaded = loaded_from("deploy.production.yml", kAbove);
  const std::string yaml = effective_config(*loaded.document, false).yaml;
  const LoadedConfig again = loaded_from("shown.yml", yaml);
  CHECK(again.config->services.size() == loaded.config->services.size());
  for (const ServiceConfig& before : loaded.config->services) {
    const ServiceConfig& after = *again.config->service(before.name);
    CHECK(after.image == before.image);
    CHECK(after.hosts == before.hosts);
    CHECK(after.command == before.command);
    CHECK(after.replicas == before.replicas);
    CHECK(after.restart == before.restart);
    CHECK(after.environment == before.environment);
    CHECK(after.secrets == before.secrets);
    CHECK(after.secret_texts == before.secret_texts);
    CHECK(after.rollout.parallel == before.rollout.parallel);
    CHECK(after.stop_timeout == before.stop_timeout);
    CHECK(after.route.has_value() == before.route.has_value());
  }
  CHECK(again.config->ssh.user == loaded.config->ssh.user);
  CHECK(again.config->server("web-2")->host == "10.0.0.2");
}

TEST_CASE("what init writes is shown and loads again") {
  const LoadedConfig loaded = loaded_from("deploy.yml", starter_deploy_yml({}));
  const EffectiveConfig shown = effective_config(*loaded.document, false);
  CHECK(loaded_from("shown.yml", shown.yaml).config->project == "my-app");
}

TEST_CASE("the schema knows the keys that work, and no others") {
  const std::string schema = json_schema();
  CHECK(contains(schema, "https://json-schema.org/draft/2020-12/schema"));
  std::string page = schema_reference_markdown();
  const size_t works = page.find("## Keys that work\n");
  const size_t coming = page.find("## Keys that do not work yet\n");
  REQUIRE(works < coming);
  for (const std::string& line : split_lines(page.substr(works, coming - works))) {
    if (!line.starts_with("| `")) continue;
    const std::string path = line.substr(3, line.find('`', 3) - 3);
    if (path.ends_with('>')) continue;
    INFO(path);
    CHECK(contains(schema, "\"" + path.substr(path.rfind('.') + 1) + "\":{"));
  }
  CHECK_FALSE(contains(schema, "\"strategy\""));
}
