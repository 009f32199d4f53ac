// Whatever a .env file holds, it is read or refused, soon, and what was quoted comes back.
#include "support/catch.hpp"
#include "support/places.hpp"

#include "segue/base/text.hpp"
#include "segue/os/real_files.hpp"
#include "segue/secrets/dotenv.hpp"

#include <ctime>
#include <random>

using namespace segue;

namespace {

using Random = std::mt19937;

std::string random_text(Random& random, std::string_view alphabet, size_t longest) {
  std::string text;
  const size_t length = random() % (longest + 1);
  for (size_t i = 0; i < length; ++i) text += alphabet[random() % alphabet.size()];
  return text;
}

std::string in_double_quotes(std::string value) {
  for (const char* special : {"\\", "\"", "$"})
    value = replace_all(std::move(value), special, std::string("\\") + special);
  return "\"" + replace_all(std::move(value), "\r", "\\r") + "\"";
}

// Read, or refused with a place; the time it takes is in proportion to its length.
void check_total(const std::string& text) {
  const std::clock_t began = std::clock();  // of this process alone, however busy the machine is
  const auto values = parse_dotenv(".env", text);
  CHECK(std::clock() - began < 2 * CLOCKS_PER_SEC);
  if (values) return;
  CHECK(values.error().code == Code::usage);
  CHECK(values.error().what.starts_with(".env:"));
  CHECK(values.error().what.size() < 400);
}

}  // namespace

TEST_CASE("any value comes back from double quotes, most from single ones") {
  Random random(20'261'122);
  const std::string alphabet = "aZ0 \t\n\r\"'\\$#=`{}\xC3\xBC\xFF\x01export";
  for (int i = 0; i < 3000; ++i) {
    const std::string value = random_text(random, alphabet, 40);
    const auto doubled = parse_dotenv(".env", "A=" + in_double_quotes(value) + " # note\nB=1\n");
    REQUIRE(doubled);
    REQUIRE(doubled->at("A").reveal() == value);
    REQUIRE(doubled->at("B").reveal() == "1");
    if (contains(value, "'")) continue;
    const auto single = parse_dotenv(".env", "export A = '" + value + "'\nB=1");
    REQUIRE(single);
    REQUIRE(single->at("A").reveal() == value);
  }
}

TEST_CASE("any text at all is read or refused") {
  Random random(7);
  for (int i = 0; i < 5000; ++i)
    check_total(random_text(random, "A=B\"'\\\n# \texport$1_.\r=\xEF\xBB\xBF", 60));
}

TEST_CASE("no text takes long") {
  const size_t many = 500'000;
  std::string hashes = "A=";
  std::string lines;
  for (size_t i = 0; i < many; ++i) hashes += " #";
  for (size_t i = 0; i < 50'000; ++i) lines += "K" + std::to_string(i) + "='v'\n";
  for (const std::string& text :
       {hashes, lines, std::string(many, '"'), "A=\"" + std::string(many, '\\'),
        std::string(many, '\n'), "A='" + std::string(many, '\n'), std::string(many, 'A'),
        "A=" + std::string(many, '\'')})
    check_total(text);
  CHECK(contains(parse_dotenv(".env", std::string(17U << 20U, ' ')).error().what, "16 MiB"));
}

TEST_CASE("the seeds of the fuzzer are read or refused") {
  const std::string folder = in_source("tests/fuzz/corpus/dotenv");
  const auto names = RealFiles().list(folder);
  REQUIRE(names);
  CHECK(names->size() >= 12);
  for (const std::string& name : *names) {
    INFO(name);
    check_total(*RealFiles().read(folder + "/" + name, 1 << 20));
  }
}
