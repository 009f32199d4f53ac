// Files that are broken, huge or made to hurt: never a crash, always an answer, and soon.
#include "support/catch.hpp"
#include "support/places.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/config/starter.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

using namespace segue;

namespace {

// Of processor time, in a sanitizer's build: a release needs less than a second for each.
constexpr double kSoon = 10;

double seconds_of_work() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

LoadedConfig soon(const std::string& text) {
  const double start = seconds_of_work();
  auto loaded = load_config({"deploy.yml", text, "", {}});
  CHECK(seconds_of_work() - start < kSoon);
  CHECK(loaded.config.has_value() == loaded.errors.empty());
  return loaded;
}

const std::string kSeedFile = starter_deploy_yml({}) + R"(
  worker:
    image: &image "worker:1"
    hosts: [server-1]
    command: run 'two words' | cat
    environment: {clear: {A: $$b, C: no}, secrets: [D]}
    volumes: ["data:/data:ro"]
    ports: ["127.0.0.1:8081:80/tcp", 90]
    healthcheck: {cmd: "true", interval: 1s}
x-shared: &shared {replicas: 1}
)";

std::string mutated(std::mt19937_64& random) {
  static const std::vector<std::string> kPieces{
      "\n",      ":",     ": ",          "- ",  "{", "}",   "[",    "]",  "&a ",      "*a",
      "<<: ",    "\"",    "'",           "|\n", "#", "\t",  "${A}", "$$", "\xc3\xa4", "\xff",
      "\0",      "---\n", "!!x",         "? ",  ",", "010", "~",    "  ", "\r\n",     "&shared",
      "*shared", "null",  "99999999999", "%",   "@", "`",   ">-\n"};
  std::string text = kSeedFile;
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  for (size_t changes = 1 + below(6); changes > 0; --changes) {
    const size_t at = below(text.size() + 1);
    const size_t length = std::min(text.size() - at, below(12));
    switch (below(4)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, kPieces[below(kPieces.size())]);
        break;
      case 2:
        text.insert(below(text.size() + 1), text.substr(at, length * 4));
        break;
      default:
        text.replace(at, length, kPieces[below(kPieces.size())]);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("no change to a valid file makes it more than an error message") {
  const char* given = std::getenv("SEGUE_SEED");
  const auto seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  fmt::print("SEGUE_SEED={}\n", seed);
  std::mt19937_64 random(seed);
  int broken = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string text = mutated(random);
    const auto loaded = load_config({"deploy.yml", text, "", "v1"});
    REQUIRE(loaded.config.has_value() == loaded.errors.empty());
    broken += loaded.config ? 0 : 1;
    for (const Error& error : loaded.errors) {
      const std::string shown = show_diagnostic(error, text, "error");
      REQUIRE(contains(shown, "deploy.yml"));
      REQUIRE(shown == visible(shown));
    }
  }
  CHECK(broken > 500);
  CHECK(broken < 2000);
}

TEST_CASE("deep nesting is answered soon") {
  for (const std::string& piece : std::vector<std::string>{"[", "{a: ", "- ", "? ", "a:\n  "})
    CHECK_FALSE(soon(repeated(piece, 100'000)).errors.empty());
  std::string deep;
  for (int level = 0; level < 70; ++level)
    deep += std::string(static_cast<size_t>(level), ' ') + "x-a:\n";
  CHECK(soon(deep).errors.at(0).what == "nested deeper than 64 levels");
}

TEST_CASE("aliases that multiply are answered soon") {
  std::string bomb = "x-0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n";
  for (int level = 1; level < 20; ++level)
    bomb +=
        fmt::format("x-{0}: &a{0} [{1}]\n", level, repeated(fmt::format("*a{},", level - 1), 10));
  CHECK(soon(bomb).errors.at(0).what == "more than 100,000 values, aliases included");
  std::string merges = "x-0: &a0 {a: {b: c}}\n";
  for (int level = 1; level < 60; ++level)
    merges += fmt::format("x-{0}: &a{0} {{<<: [*a{1}, *a{1}], k{0}: 1}}\n", level, level - 1);
  CHECK_FALSE(soon(merges).errors.empty());
}

TEST_CASE("large files are answered soon") {
  CHECK(contains(soon(std::string(1024 * 1024 + 1, ' ')).errors.at(0).what, "larger than 1 MiB"));
  for (const std::string& piece :
       std::vector<std::string>{"a,", "\"a\",", "a ", "k: v\n", "- a\n", "'", "\"\\", "&a ", "#"})
    CHECK_FALSE(soon("x: [" + repeated(piece, 100'000)).errors.empty());
  std::string keys;
  for (int i = 0; i < 40'000; ++i) keys += fmt::format("key{}: 1\n", i);
  CHECK(soon(keys).errors.size() > 40'000);
  CHECK_FALSE(soon(std::string(500'000, 'k') + ": 1\n").errors.empty());
  std::string services = "project: a\nservers: {h: {host: h}}\nservices:\n";
  for (int i = 0; i < 25'000; ++i) services += fmt::format(" s{}: {{image: a:1, hosts: [h]}}\n", i);
  CHECK_FALSE(soon(services).errors.empty());
}

TEST_CASE("long lists, whose items are compared with each other, are answered soon") {
  const auto list = [](int length, const std::string& item) {
    std::string text;
    for (int i = 1; i <= length; ++i)
      text += fmt::format(fmt::runtime(item), fmt::arg("n", i)) + ", ";
    return "[" + text + "]";
  };
  const std::string top = "project: a\nservers: {h: {host: h}}\n";
  const auto with = [&](const std::string& keys) {
    return top + "services: {a: {image: \"a:1\", hosts: [h], " + keys + "}}\n";
  };
  constexpr int kMost = 10'000;
  CHECK(soon(with("ports: " + list(kMost, "\"{n}:{n}\""))).config);
  CHECK(soon(with("proxy: {app_port: 80, hosts: " + list(kMost, "h{n}.example.com") + "}")).config);
  CHECK(soon(with("volumes: " + list(kMost, "\"v{n}:/v{n}\""))).config);
  CHECK(soon(with("environment: {secrets: " + list(kMost, "S{n}") + "}")).config);
  CHECK(soon(with("depends_on: " + list(kMost, "b{n}"))).errors.size() == kMost);
  CHECK(soon(with("ports: " + list(kMost + 1, "\"1\""))).errors.at(0).what ==
        "more than 10,000 values in a list");
  std::string servers = "project: a\nservers:\n";
  for (int i = 0; i < kMost; ++i) servers += fmt::format("  h{}: {{host: h{}}}\n", i, i);
  const std::string unknown =
      "services: {a: {image: \"a:1\", hosts: " + list(kMost, "g{n}") + "}}\n";
  CHECK(soon(servers + unknown).errors.size() == kMost);
}

TEST_CASE("bytes that are no text are told at their place") {
  CHECK(contains(soon(std::string("project: a\0b\n", 13)).errors.at(0).what, "NUL byte"));
  CHECK(contains(soon("project: \xff\n").errors.at(0).what, "not valid UTF-8"));
  CHECK(soon("project: \xff\n").errors.at(0).at->column == 10);
}

TEST_CASE("what the fuzzer has kept is answered, and each error can be shown") {
  int inputs = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(in_source("tests/fuzz/corpus/yaml"))) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    INFO(entry.path());
    const LoadedConfig loaded = soon(text.substr(0, text.find('\x01')));
    for (const Error& error : loaded.errors) {
      const std::string shown = show_diagnostic(error, text, "error");
      CHECK(shown == visible(shown));
    }
    ++inputs;
  }
  CHECK(inputs > 100);
}
