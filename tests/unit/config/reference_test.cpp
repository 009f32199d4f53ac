#include "support/catch.hpp"
#include "support/places.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/config/schema_reference.hpp"
#include "segue/config/starter.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

using namespace segue;

TEST_CASE("docs/configuration.md says what the table says") {
  const std::string path = segue::in_source("docs/configuration.md");
  const std::string page = schema_reference_markdown();
  if (std::getenv("SEGUE_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << page;
  std::ifstream file(path, std::ios::binary);
  const std::string committed(std::istreambuf_iterator<char>(file), {});
  CHECK(committed == page);
}

TEST_CASE("the example of docs/configuration.md loads") {
  const std::string page = schema_reference_markdown();
  const size_t start = page.find("```yaml\n") + 8;
  const std::string example = page.substr(start, page.find("```", start) - start);
  const auto loaded = load_config({"deploy.yml", example, "", "v1"});
  for (const Error& error : loaded.errors) FAIL_CHECK(show_diagnostic(error, example, "error"));
  CHECK(loaded.config);
}

TEST_CASE("what init writes loads, with and without a domain") {
  const StarterRequest shop{"shop",        "api", "ghcr.io/acme/shop:${VERSION}",
                            "203.0.113.7", 3000,  "shop.example.com"};
  for (const StarterRequest& request : {StarterRequest{}, shop}) {
    const std::string text = starter_deploy_yml(request);
    const auto loaded = load_config({"deploy.yml", text, "", "v1"});
    for (const Error& error : loaded.errors) FAIL_CHECK(show_diagnostic(error, text, "error"));
    REQUIRE(loaded.config);
    CHECK(loaded.notes.empty());
    CHECK(loaded.config->project == request.project);
    CHECK(loaded.config->services.at(0).name == request.service);
    CHECK(loaded.config->services.at(0).route->app_port == request.app_port);
    CHECK(loaded.config->servers.at(0).host == request.host);
  }
}

TEST_CASE("what init offers in comments loads too once it is uncommented") {
  std::string text;
  for (const std::string& line : split_lines(starter_deploy_yml({}))) {
    const size_t hash = line.find("# ");
    const std::string rest = hash == std::string::npos ? line : line.substr(hash + 2);
    const bool code = contains(rest, ": ") || rest.ends_with(':') || trim(rest).starts_with("- ");
    const bool prose = contains(rest, ". ") || rest.ends_with('.') || contains(rest, "`");
    if (hash == std::string::npos)
      text += line + "\n";
    else if (code && !prose)
      text += line.substr(0, hash) + rest + "\n";
  }
  const auto loaded = load_config({"deploy.yml", text, "", {}});
  for (const Error& error : loaded.errors) FAIL_CHECK(show_diagnostic(error, text, "error"));
  REQUIRE(loaded.config);
  CHECK(loaded.config->services.at(0).replicas == 2);
  CHECK(loaded.config->services.at(0).healthcheck);
  CHECK(loaded.config->services.at(0).secrets.size() == 1);
}
