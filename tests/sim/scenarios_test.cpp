// The scenarios that real hosts go through as well: tests/e2e/scenarios_test.
#include "scenario.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

#include "segue/base/text.hpp"

#include <fstream>
#include <iterator>

using namespace sim;

namespace {

struct Line {
  std::string version, call, happens, outcome;
};

std::vector<Line> lines() {
  std::ifstream file(segue::in_source("tests/support/scenarios"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<Line> all;
  for (const std::string& line : segue::split_lines(text)) {
    if (line.starts_with('#') || line.empty()) continue;
    std::vector<std::string> columns;
    for (const std::string& column : segue::split(line, '|'))
      columns.emplace_back(segue::trim(column));
    REQUIRE(columns.size() == 6);
    all.push_back(
        {columns[0], columns[1], columns[2], columns[3] + " | " + columns[4] + " | " + columns[5]});
  }
  return all;
}

}  // namespace

TEST_CASE("What happens to a deploy on a real host comes to the same here") {
  Scenario scenario({"one"});
  const std::vector<Line> all = lines();
  REQUIRE(all.size() > 10);
  for (const Line& line : all) {
    INFO(line.version + ", before " + line.call + ": " + line.happens);
    Attempt attempt{.version = line.version};
    if (!line.call.empty()) attempt.strikes = {{0, &fault_named(line.happens), line.call}};
    const auto wrong = scenario.run(attempt);
    INFO(scenario.story());
    CHECK(segue::join(wrong, "\n").empty());
    CHECK(scenario.outcome() == line.outcome);
  }
}
