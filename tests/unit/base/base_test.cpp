#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/base/cksum.hpp"
#include "segue/base/duration.hpp"
#include "segue/base/edit_distance.hpp"
#include "segue/base/exit_status.hpp"
#include "segue/base/redactions.hpp"
#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"

#include <random>

using namespace segue;

TEST_CASE("Durations are read as deploy.yml writes them, and written as they are read") {
  const std::vector<std::pair<std::string, long long>> known{
      {"500ms", 500},           {"10s", 10'000},    {"5m", 300'000},
      {"1h30m", 5'400'000},     {"7", 7'000},       {"0", 0},
      {"1m30s", 90'000},        {"1s500ms", 1'500}, {"0s", 0},
      {"8760h", 31'536'000'000}};
  for (const auto& [text, milliseconds] : known) {
    INFO(text);
    const auto parsed = parse_duration(text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->count() == milliseconds);
    CHECK(parse_duration(to_string(*parsed)) == *parsed);
  }
}

TEST_CASE("What is no duration is refused with a hint") {
  for (const char* text : {"", "s", "-1s", "1.5s", "1 s", "10x", "1m1h", "1s1s", "5m30", "1h 30m",
                           "99999999999999999999s", "8761h", " 1s", "1s "}) {
    INFO('"' << text << '"');
    const auto parsed = parse_duration(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == Code::usage);
    CHECK_FALSE(parsed.error().hint.empty());
  }
}

TEST_CASE("Elapsed time is told for people") {
  CHECK(elapsed_text(Duration(420)) == "0.42 s");
  CHECK(elapsed_text(Duration(12'340)) == "12.3 s");
  CHECK(elapsed_text(Duration(185'000)) == "3 min 5 s");
}

TEST_CASE("Text is split, joined and trimmed") {
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(split_words("  a \t b\n") == std::vector<std::string>{"a", "b"});
  CHECK(split_lines("a\n\nb\n") == std::vector<std::string>{"a", "", "b"});
  CHECK(split_lines("").empty());
  CHECK(join({"a", "b"}, ", ") == "a, b");
  CHECK(trim(" \r\n a b \t") == "a b");
  CHECK(replace_all("aaa", "a", "aa") == "aaaaaa");
  CHECK(replace_all("abc", "", "x") == "abc");
  CHECK(with_thousands(-12345678) == "-12,345,678");
  CHECK(with_thousands(-123) == "-123");
  CHECK(counted(1, "host") == "1 host");
  CHECK(counted(1200, "host") == "1,200 hosts");
}

TEST_CASE("Patterns know stars and question marks, and nothing else") {
  CHECK(matches_pattern("web-*", "web-1"));
  CHECK(matches_pattern("*a*b*", "xxaxxbxx"));
  CHECK(matches_pattern("?", "x"));
  CHECK(matches_pattern("*", ""));
  CHECK_FALSE(matches_pattern("", "x"));
  CHECK_FALSE(matches_pattern("web-?", "web-"));
  CHECK_FALSE(matches_pattern("[ab]", "a"));
  // No pattern takes exponential time.
  CHECK_FALSE(matches_pattern("a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(2000, 'a')));
}

TEST_CASE("What a host says is made visible before it is shown") {
  CHECK(visible("plain\ttext\n") == "plain\ttext\n");
  CHECK(visible("\x1b[31mred") == "\\x1b[31mred");
  CHECK(visible("caf\xc3\xa9 \xf0\x9f\x9a\x80") == "caf\xc3\xa9 \xf0\x9f\x9a\x80");
  CHECK(visible("a\xe2\x80\xae"
                "b") == "a\\u202eb");  // right-to-left override
  CHECK(visible("a\xe2\x81\xa6"
                "b") == "a\\u2066b");  // isolate
  CHECK(visible("\xef\xbb\xbf") == "\\ufeff");
  CHECK(visible("\xc2\x9b"
                "1m") == "\\x9b1m");  // CSI in one code point
  CHECK(visible("\xff") == "\\xff");
  CHECK(visible("\xc0\x80") == "\\xc0\\x80");           // overlong
  CHECK(visible("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(visible("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(visible("\xe2\x82") == "\\xe2\\x82");  // cut short
  CHECK(visible("a\rb") == "a\\x0db");
  CHECK(visible(std::string("a\0b", 3)) == "a\\x00b");
}

TEST_CASE("Whatever bytes come, what is shown holds no control characters") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string bytes;
    for (int i = 0; i < 60; ++i) bytes += static_cast<char>(random() & 0xff);
    for (const char c : visible(bytes)) {
      const auto byte = static_cast<unsigned char>(c);
      REQUIRE((byte >= 0x20 || c == '\n' || c == '\t'));
      REQUIRE(byte != 0x7f);
    }
    REQUIRE(visible(visible(bytes)) == visible(bytes));
  }
}

TEST_CASE("A near word is proposed, a far one is not") {
  CHECK(edit_distance("image", "imagee") == 1);
  CHECK(edit_distance("iamge", "image") == 1);  // a swap of neighbours counts one
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("same", "same") == 0);
  const std::vector<std::string> keys{"image", "replicas", "ports"};
  CHECK(nearest("imagee", keys) == "image");
  CHECK(nearest("relpicas", keys) == "replicas");
  CHECK_FALSE(nearest("something", keys).has_value());
}

TEST_CASE("Secrets are taken out of texts, the longest first") {
  Redactions redactions;
  CHECK(redactions.empty());
  redactions.add(Secret("hunter"));
  redactions.add(Secret("hunter2000"));
  redactions.add(Secret("abc"));  // too short to be searched for
  CHECK(redactions.apply("pw=hunter2000, hunter; abc") == "pw=[secret], [secret]; abc");
  redactions.add(Secret("first line\nsecond line\n"));
  CHECK(redactions.apply("log: second line.") == "log: [secret].");
  CHECK(redactions.apply("first line\nsecond line\n") == "[secret]");
}

TEST_CASE("The checksum is the one that the real cksum prints") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  CHECK(posix_cksum("") == "4294967295 0");
  for (const size_t length : {size_t{1}, size_t{3}, size_t{255}, size_t{256}, size_t{70'000}}) {
    std::string bytes;
    for (size_t i = 0; i < length; ++i) bytes += static_cast<char>(random() & 0xff);
    CHECK(shell_output("cksum", bytes) == posix_cksum(bytes) + "\n");
  }
}

TEST_CASE("Hashes are those of the standards' own examples") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("An error names its places from the outside in, and leads to one exit status") {
  const Error error =
      Error{Code::failed, "no space left", "free some", {}, {}}.in("pulling image").in("on web-1");
  CHECK(to_string(error) == "on web-1: pulling image: no space left");
  CHECK(exit_status_of(Code::partial) == ExitStatus::partial);
  CHECK(exit_status_of(Code::lost) == ExitStatus::partial);
  CHECK(exit_status_of(Code::unreachable) == ExitStatus::unreachable);
  CHECK(exit_status_of(Code::interrupted) == ExitStatus::interrupted);
}
