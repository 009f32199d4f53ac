#include "segue/base/byte_size.hpp"

#include "support/catch.hpp"

#include <random>

using namespace segue;

TEST_CASE("Amounts of memory are read with every unit, in either case") {
  CHECK(parse_byte_size("512") == 512);
  CHECK(parse_byte_size("512b") == 512);
  CHECK(parse_byte_size("2k") == 2048);
  CHECK(parse_byte_size("2KB") == 2048);
  CHECK(parse_byte_size("512m") == 536'870'912);
  CHECK(parse_byte_size("512Mb") == 536'870'912);
  CHECK(parse_byte_size("1g") == 1'073'741'824);
  CHECK(parse_byte_size("2gb") == 2'147'483'648);
  CHECK(parse_byte_size("1.5g") == 1'610'612'736);
  CHECK(parse_byte_size("0.1g") == 107'374'182);
  CHECK(parse_byte_size("0") == 0);
}

TEST_CASE("What is no amount of memory is an error that says how to write one") {
  for (const char* text : {"", "m", "-1m", "1.m", ".5g", "1,5g", "1 g", "0x10", "1e3", "5t", "5mib",
                           "12.1234567g", "\x1b[31m", "1g "}) {
    INFO(text);
    const auto size = parse_byte_size(text);
    REQUIRE_FALSE(size);
    CHECK(size.error().hint.find("512m") != std::string::npos);
    CHECK(size.error().what.find('\x1b') == std::string::npos);
  }
  CHECK_FALSE(parse_byte_size("99999999999999999999"));
  CHECK_FALSE(parse_byte_size("9000000g"));
  CHECK_FALSE(parse_byte_size("9007199254740993"));
}

TEST_CASE("Every amount is the same after it was written and read again") {
  std::mt19937_64 random(20'260'101);
  for (int i = 0; i < 10'000; ++i) {
    const auto shift = static_cast<int>(random() % 53);
    const auto bytes = static_cast<long long>(random() % (1ULL << 53)) >> shift << (shift / 2);
    const auto again = parse_byte_size(byte_size_text(bytes));
    REQUIRE(again);
    REQUIRE(*again == bytes);
  }
  CHECK(byte_size_text(1'610'612'736) == "1536m");
  CHECK(byte_size_text(0) == "0");
}
