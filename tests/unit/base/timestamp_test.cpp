#include "segue/base/timestamp.hpp"

#include "support/catch.hpp"

using namespace segue;

TEST_CASE("a time is read as Docker, Podman and Go write it") {
  CHECK(parse_timestamp("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_timestamp("2026-11-21T07:00:00.123456789Z") == 1'795'244'400);
  CHECK(parse_timestamp("2026-11-21T08:00:00.5+01:00") == 1'795'244'400);
  CHECK(parse_timestamp("2026-11-21T01:30:00-05:30") == 1'795'244'400);
  CHECK(parse_timestamp("2026-11-21 07:00:00.1 +0000 UTC") == 1'795'244'400);
  CHECK(parse_timestamp("2026-11-21 02:00:00 -0500 EST") == 1'795'244'400);
}

TEST_CASE("what is no time is none") {
  for (const char* text : {"", "now", "2026-11-21", "2026-13-01T00:00:00Z", "2026-11-21T07:00:00",
                           "2026-11-21T07:00:xxZ", "2026-11-21T07:00:00+1"})
    CHECK_FALSE(parse_timestamp(text));
}
