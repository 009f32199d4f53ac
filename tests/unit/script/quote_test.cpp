#include "segue/script/quote.hpp"

#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/script/shell_text.hpp"

#include <random>

using namespace segue;

namespace {

std::vector<std::string> hard_values() {
  std::vector<std::string> values{"",         "plain", "it's",  "'",     "''",     "\\",    "\n",
                                  "a\n",      "$HOME", "`id`",  "*",     "~",      "~root", "=x",
                                  "-n",       "--",    "a b",   "#c",    "!!",     "\x01",  "{a,b}",
                                  "\xff\xfe", "if",    "a=b;c", "\"q\"", "\r\n\t", "<(x)",  "%s%n"};
  return values;
}

}  // namespace

TEST_CASE("Quoted values reach a program byte for byte under every shell") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::vector<std::string> values = hard_values();
  while (values.size() < 400) {
    std::string value;
    const size_t length = random() % 40;
    while (value.size() < length) value += static_cast<char>(1 + random() % 255);
    values.push_back(value);
  }
  std::string expected;
  for (const std::string& value : values) expected += value + "|\n";
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    CHECK(shell_output(shell, "printf '%s|\\n' " + quote_all(values) + "\n") == expected);
    std::string assignments;
    for (const std::string& value : values)
      assignments += "value=" + quote(value) + "\nprintf '%s|\\n' \"$value\"\n";
    CHECK(shell_output(shell, assignments) == expected);
  }
}

TEST_CASE("Plain words stay readable") {
  CHECK(quote("caddy:2.6-alpine@sha256:00ff") == "caddy:2.6-alpine@sha256:00ff");
  CHECK(quote("it's") == "'it'\\''s'");
  CHECK(quote("") == "''");
}

TEST_CASE("A secret is put in at the moment of sending and never shown before") {
  ShellText text;
  text.secret_assignment("TOKEN").raw("docker run -e TOKEN").word("an image");
  CHECK(text.without_secrets() == "TOKEN='[secret]' docker run -e TOKEN 'an image'");
  const Secret secret("it's");
  CHECK(text.render([&](const std::string&) -> const Secret& { return secret; }) ==
        "TOKEN='it'\\''s' docker run -e TOKEN 'an image'");
  ShellText sum("x ");
  sum += text;
  CHECK(sum.without_secrets() == "x TOKEN='[secret]' docker run -e TOKEN 'an image'");
}
