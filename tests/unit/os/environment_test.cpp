#include "segue/os/environment.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/os/debug_log.hpp"
#include "segue/os/random.hpp"
#include "segue/os/real_files.hpp"
#include "segue/os/resolver.hpp"
#include "segue/os/wall_clock.hpp"

#include <poll.h>
#include <stdlib.h>

#include <filesystem>
#include <set>

using namespace segue;

namespace {
ResolvedName resolve(const std::string& name) {
  Workers workers(2);
  Resolver resolver(workers);
  std::optional<ResolvedName> answer;
  resolver.resolve(name, 22, [&](ResolvedName resolved) { answer = std::move(resolved); });
  while (!answer) {
    pollfd wake{workers.wake_fd(), POLLIN, 0};
    REQUIRE(::poll(&wake, 1, 30'000) == 1);
    workers.collect();
  }
  return *answer;
}
}  // namespace

TEST_CASE("This process is alive and started when it started") {
  const auto start = process_start_time(current_process_id());
  REQUIRE(start.has_value());
  REQUIRE(*start > 0);
  REQUIRE(start == process_start_time(current_process_id()));
  REQUIRE_FALSE(process_start_time(999'999'999).has_value());
}

TEST_CASE("HOME comes before the user database, and a tilde stands for it") {
  const std::string before = environment_variable("HOME").value_or("/");
  ::setenv("HOME", "/some/where", 1);
  REQUIRE(home_folder() == "/some/where");
  REQUIRE(expand_home("~/.ssh/id") == "/some/where/.ssh/id");
  REQUIRE(expand_home("/a/~/b") == "/a/~/b");
  ::setenv("HOME", before.c_str(), 1);
  REQUIRE_FALSE(environment_variable("SEGUE_SURELY_NOT_SET").has_value());
}

TEST_CASE("Random text has the length asked for and does not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_hex(8));
  REQUIRE(seen.size() == 100);
  REQUIRE(seen.begin()->size() == 16);
  for (int i = 0; i < 100; ++i) REQUIRE(random_below(7) < 7);
}

TEST_CASE("Times are written as UTC") {
  REQUIRE(utc_text(0) == "1970-01-01T00:00:00Z");
  REQUIRE(utc_text(1'795'234'650) == "2026-11-21T04:17:30Z");
  REQUIRE(now_seconds() > 1'700'000'000);
}

TEST_CASE("Numeric addresses resolve, of both families; a name that cannot exist says why") {
  REQUIRE(resolve("127.0.0.1").addresses.at(0).text == "127.0.0.1");
  REQUIRE(resolve("::1").addresses.at(0).text == "::1");
  const ResolvedName unknown = resolve("no-such-host.invalid");
  REQUIRE(unknown.addresses.empty());
  REQUIRE_FALSE(unknown.problem.empty());
}

TEST_CASE("The debug log writes to its file once it is open") {
  const std::string path = std::filesystem::temp_directory_path() / ("segue-log-" + random_hex(8));
  debug_log("before {}", 1);
  REQUIRE(open_debug_log(path));
  debug_log("web-1: connected to {}", "a\x1b[31m");
  close_debug_log();
  debug_log("after {}", 1);
  const std::string text = RealFiles().read(path, 1000).value();
  REQUIRE(split_lines(text).size() == 1);
  REQUIRE(contains(text, "web-1: connected to a\\x1b[31m"));
  std::filesystem::remove(path);
  REQUIRE_FALSE(open_debug_log("/dev/null/log"));
}
