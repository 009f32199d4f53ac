// Files that extend others: what merges, what replaces, and where a mistake is said to be.
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"

#include <fmt/format.h>

using namespace segue;

namespace {

const std::string kBase = R"(project: shop
servers:
  web-1: {host: 10.0.0.1}
  web-2: {host: 10.0.0.2}
environment:
  clear: {LOG_LEVEL: debug, PORT: "3000"}
services:
  web:
    image: web:1
    hosts: [web-1, web-2]
    replicas: 2
  jobs:
    image: jobs:1
    hosts: [web-1]
)";

LoadedConfig load(const std::string& file, const SourceTexts& files) {
  LoadRequest request{file, files.at(file), "", {}};
  request.read = [&files](const std::string& name) -> Result<std::string> {
    const auto found = files.find(name);
    if (found == files.end()) return fail(Code::usage, "there is no " + name, "look for it");
    return found->second;
  };
  return load_config(request);
}

Config extended(const std::string& above) {
  const LoadedConfig loaded =
      load("deploy.production.yml", {{"deploy.yml", kBase}, {"deploy.production.yml", above}});
  for (const Error& error : loaded.errors)
    FAIL_CHECK(show_diagnostic(error, loaded.texts.at(error.at->file), "error"));
  REQUIRE(loaded.config);
  return *loaded.config;
}

Error only_error(const std::string& file, const SourceTexts& files) {
  const LoadedConfig loaded = load(file, files);
  CHECK_FALSE(loaded.config);
  REQUIRE(loaded.errors.size() == 1);
  return loaded.errors.front();
}

}  // namespace

TEST_CASE("a file that extends another changes what it says and keeps the rest") {
  const Config config = extended(R"(extends: deploy.yml
servers:
  web-2: {user: deploy}
environment:
  clear: {LOG_LEVEL: warn}
services:
  web: {replicas: 4, hosts: [web-2]}
  cron: {image: cron:1, hosts: [web-1]}
)");
  CHECK(config.file == "deploy.production.yml");
  CHECK(config.server("web-2")->host == "10.0.0.2");
  CHECK(config.server("web-2")->user == "deploy");
  CHECK(config.service("web")->image == "web:1");
  CHECK(config.service("web")->replicas == 4);
  CHECK(config.service("web")->hosts == std::vector<std::string>{"web-2"});
  CHECK(config.service("web")->environment.at("LOG_LEVEL") == "warn");
  CHECK(config.service("web")->environment.at("PORT") == "3000");
  REQUIRE(config.services.size() == 3);
  CHECK(config.services[0].name == "web");
  CHECK(config.services[2].name == "cron");
}

TEST_CASE("what a service has only in another file is said to stand there") {
  const Config config = extended("extends: deploy.yml\nservices: {web: {replicas: 4}}\n");
  CHECK(config.service("web")->at.file == "deploy.production.yml");
  CHECK(config.service("jobs")->at.file == "deploy.yml");
  CHECK(config.service("jobs")->at.line == 12);
}

TEST_CASE("a file without extends stands alone") {
  const LoadedConfig loaded = load(
      "deploy.production.yml", {{"deploy.yml", kBase}, {"deploy.production.yml", "project: a\n"}});
  CHECK_FALSE(loaded.config);
  CHECK(loaded.texts.size() == 1);
}

TEST_CASE("a chain of files is followed to its end, each path from the folder of its file") {
  const LoadedConfig loaded =
      load("config/deploy.eu.yml",
           {{"config/deploy.eu.yml", "extends: ./more/deploy.production.yml\nx-eu: 1\n"},
            {"config/more/deploy.production.yml",
             "extends: ../../deploy.yml\nservices: {web: {replicas: 3}}\n"},
            {"deploy.yml", kBase}});
  REQUIRE(loaded.config);
  CHECK(loaded.config->service("web")->replicas == 3);
  CHECK(loaded.texts.size() == 3);
}

TEST_CASE("a chain ends somewhere") {
  SourceTexts circle{{"a.yml", "extends: b.yml\n"}, {"b.yml", "x-b: 1\nextends: ./a.yml\n"}};
  const Error error = only_error("a.yml", circle);
  CHECK(error.what == "files extend each other in a circle: a.yml -> b.yml -> a.yml");
  CHECK(error.at->file == "b.yml");
  CHECK(error.at->line == 2);
  SourceTexts chain;
  for (int i = 0; i < 20; ++i)
    chain[fmt::format("{}.yml", i)] = fmt::format("extends: {}.yml\n", i + 1);
  CHECK(only_error("0.yml", chain).what == "more than 8 files extend each other");
}

TEST_CASE("a file that can't be extended is said at the line that names it") {
  const Error missing = only_error("a.yml", {{"a.yml", "project: shop\nextends: b.yml\n"}});
  CHECK(missing.what == "there is no b.yml");
  CHECK(missing.at->line == 2);
  for (const std::string value : {"/etc/deploy.yml", "[b.yml]", "\"\"", "\"${X}.yml\"", "~"}) {
    const Error error = only_error("a.yml", {{"a.yml", "extends: " + value + "\n"}});
    CHECK(contains(error.what, "`extends` must be a file beside this one"));
  }
  const Error list = only_error("a.yml", {{"a.yml", "extends: b.yml\n"}, {"b.yml", "- 1\n"}});
  CHECK(list.what == "the file must be a map of keys, not a list");
  CHECK(list.at->file == "b.yml");
  const LoadedConfig alone = load_config({"a.yml", "extends: b.yml\n", "", {}});
  REQUIRE(alone.errors.size() == 1);
  CHECK(alone.errors[0].what == "`extends` does not work here");
}

TEST_CASE("merging two files takes no longer than reading them") {
  std::string many = "x-many:\n";
  for (int i = 0; i < 30'000; ++i) many += fmt::format("  key-{}: 1\n", i);
  const LoadedConfig loaded =
      load("a.yml", {{"a.yml", "extends: b.yml\n" + many}, {"b.yml", kBase + many}});
  CHECK(loaded.config);
}
