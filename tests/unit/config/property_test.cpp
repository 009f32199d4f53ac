// What holds for every input, tried with many that a fixed seed makes up: what is written comes
// back.
#include "support/catch.hpp"

#include "segue/base/duration.hpp"
#include "segue/base/text.hpp"
#include "segue/config/effective.hpp"
#include "segue/config/load.hpp"

#include <fmt/format.h>

#include <random>

using namespace segue;

namespace {

constexpr int kRounds = 300;

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  size_t below(size_t limit) { return static_cast<size_t>(random_() % limit); }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }
  // Bytes that have a meaning to YAML, to segue or to a shell, among others.
  std::string text() {
    static const std::vector<std::string> kPieces{
        "$", "$$", "${A}", "{", "}", "'", "\"", "\\", "#", ": ",       "- ",   "\n",   "\t",  " ",
        "%", "@",  "!",    "&", "*", "|", ">",  "`",  ";", "\xc3\xa4", "no",   "0x10", "~",   "a",
        "Z", "9",  "/",    ".", ",", "[", "]",  "?",  "=", "<<",       "null", "\r",   "\x01"};
    std::string text;
    for (size_t count = below(12); count > 0; --count) text += one_of(kPieces);
    return text;
  }

 private:
  std::mt19937 random_;
};

std::string in_double_quotes(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20)
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else if (c == '"' || c == '\\')
      quoted += std::string("\\") + c;
    else
      quoted += c;
  }
  return quoted + "\"";
}

std::string written(const std::string& text) {
  return in_double_quotes(replace_all(text, "$", "$$"));
}

std::string file_with(const std::string& lines) {
  return "project: shop\nservers: {web-1: {host: h}}\nservices:\n  web:\n    image: web:1\n"
         "    hosts: [web-1]\n" +
         lines;
}

ServiceConfig service_of(const std::string& text) {
  const LoadedConfig loaded = load_config({"deploy.yml", text, "", {}});
  for (const Error& error : loaded.errors) FAIL(show_diagnostic(error, text, "error"));
  return loaded.config->services.front();
}

}  // namespace

TEST_CASE("a length of time is read back from how it is shown") {
  Chance chance(1);
  for (int i = 0; i < kRounds; ++i) {
    const Duration duration(static_cast<long long>(chance.below(size_t{3} * 24 * 3'600'000)));
    const auto again = parse_duration(to_string(duration));
    REQUIRE(again);
    CHECK(*again == duration);
  }
}

TEST_CASE("any text in an environment arrives byte for byte, also by way of config show") {
  Chance chance(2);
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = chance.text();
    const std::string file = file_with("    environment: {clear: {T: " + written(text) + "}}\n");
    INFO(file);
    CHECK(service_of(file).environment.at("T") == text);
    const LoadedConfig loaded = load_config({"deploy.yml", file, "", {}});
    const std::string shown = effective_config(*loaded.document, true).yaml;
    INFO(shown);
    CHECK(service_of(shown).environment.at("T") == text);
  }
}

TEST_CASE("the words of a command as a list arrive as they are") {
  Chance chance(3);
  for (int i = 0; i < kRounds; ++i) {
    std::vector<std::string> words;
    std::vector<std::string> list;
    for (size_t count = 1 + chance.below(4); count > 0; --count) {
      words.push_back(chance.text());
      list.push_back(written(words.back()));
    }
    const std::string file = file_with("    command: [" + join(list, ", ") + "]\n");
    INFO(file);
    CHECK(service_of(file).command == words);
  }
}

TEST_CASE("words in single quotes are split again as they were") {
  Chance chance(4);
  for (int i = 0; i < kRounds; ++i) {
    std::vector<std::string> words{"serve"};
    std::string line = "serve";
    for (size_t count = chance.below(4); count > 0; --count) {
      words.push_back(chance.text());
      line += " '" + replace_all(words.back(), "'", "'\\''") + "'";
    }
    const std::string file = file_with("    command: " + written(line) + "\n");
    INFO(file);
    CHECK(service_of(file).command == words);
  }
}

TEST_CASE("a port is read as it was put together") {
  Chance chance(5);
  const std::vector<std::string> addresses{"", "127.0.0.1", "[::1]", "10.20.30.40"};
  const std::vector<std::string> protocols{"", "/tcp", "/udp"};
  for (int i = 0; i < kRounds; ++i) {
    const std::string address = chance.one_of(addresses);
    const std::string protocol = chance.one_of(protocols);
    const int host = 1 + static_cast<int>(chance.below(65'535));
    const int container = 1 + static_cast<int>(chance.below(65'535));
    const bool published = !address.empty() || chance.below(2) == 0;
    const std::string text = (address.empty() ? "" : address + ":") +
                             (published ? fmt::format("{}:", host) : "") +
                             std::to_string(container) + protocol;
    INFO(text);
    const PortConfig port = service_of(file_with("    ports: [\"" + text + "\"]\n")).ports.front();
    CHECK(port.address == address);
    CHECK(port.host_port == (published ? std::optional(host) : std::nullopt));
    CHECK(port.container_port == container);
    CHECK(port.protocol == (protocol.empty() ? "tcp" : protocol.substr(1)));
  }
}

TEST_CASE("a name in a text is replaced wherever it stands, and nothing else changes") {
  Chance chance(6);
  for (int i = 0; i < kRounds; ++i) {
    const std::string before = chance.text();
    const std::string value = chance.text();
    const std::string after = chance.text();
    const std::string file =
        file_with("    environment: {clear: {VALUE: " + written(value) + ", TEXT: " +
                  in_double_quotes(replace_all(before, "$", "$$") + "${VALUE}" +
                                   replace_all(after, "$", "$$")) +
                  "}}\n");
    INFO(file);
    CHECK(service_of(file).environment.at("TEXT") == before + value + after);
  }
}
