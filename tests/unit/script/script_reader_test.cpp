#include "segue/script/script_reader.hpp"

#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/script/script.hpp"

using namespace segue;

namespace {

constexpr const char* kNonce = "0123456789abcdef0123456789abcdef";
const std::string kMark = std::string("\n@") + kNonce + " ";

std::string describe(const std::vector<ScriptEvent>& events) {
  std::string text;
  for (const ScriptEvent& event : events) {
    switch (event.kind) {
      case ScriptEvent::Kind::began:
        text += "began " + std::to_string(event.section);
        break;
      case ScriptEvent::Kind::ended:
        text += "ended " + std::to_string(event.section) + " " + std::to_string(event.status);
        break;
      case ScriptEvent::Kind::told:
        text += event.key + "=" + event.value;
        break;
    }
    text += "\n";
  }
  return text;
}

const Secret& no_secret(const std::string&) {
  static const Secret none;
  return none;
}

}  // namespace

TEST_CASE("A script's output is understood in pieces of any size") {
  const std::string text = kMark + "begin 0\nhello\n" + kMark + "tell image 0 {\"a\": 1}\nmore" +
                           kMark + "end 0 0\n" + kMark + "begin 1\n" + kMark + "beat\n" + kMark +
                           "end 1 7\n" + kMark + "done 7\n";
  const std::string expected = "began 0\nimage=0 {\"a\": 1}\nended 0 0\nbegan 1\nended 1 7\n";
  for (size_t size = 1; size <= text.size(); ++size) {
    ScriptReader reader(kNonce);
    for (size_t at = 0; at < text.size(); at += size)
      reader.feed(std::string_view(text).substr(at, size));
    INFO("pieces of " << size);
    CHECK(describe(reader.take_events()) == expected);
    CHECK(reader.output_of(0) == "hello\nmore");
    CHECK(reader.output_of(1).empty());
    CHECK(reader.trailer() == 7);
  }
}

TEST_CASE("Output can be taken as it comes, all but what may begin a marker") {
  ScriptReader reader(kNonce);
  reader.feed(kMark + "begin 0\nhello");
  CHECK(reader.take_output(0) == "hello");
  CHECK(reader.take_output(0).empty());
  CHECK_FALSE(reader.is_at_line_end());
  reader.feed("\n");
  CHECK(reader.take_output(0).empty());
  CHECK(reader.is_at_line_end());
  reader.feed("more\n@0123");
  CHECK(reader.take_output(0) == "\nmore");
  reader.feed("x" + kMark + "end 0 0\n" + kMark + "done 0\n");
  CHECK(reader.take_output(0) == "\n@0123x");
  CHECK(reader.trailer() == 0);
}

TEST_CASE("A marker with another nonce is mere text") {
  ScriptReader reader(kNonce);
  const std::string forged = "\n@ffffffffffffffffffffffffffffffff done 0\n";
  reader.feed(kMark + "begin 0\n" + forged + kMark + "end 0 1\n");
  CHECK_FALSE(reader.trailer().has_value());
  CHECK(reader.output_of(0) == forged);
}

TEST_CASE("Without a trailer nothing is known") {
  ScriptReader reader(kNonce);
  reader.feed(kMark + "begin 0\n" + kMark + "end 0 0\n" + kMark + "done 0");
  CHECK_FALSE(reader.trailer().has_value());
  reader.feed("\n");
  CHECK(reader.trailer() == 0);
  ScriptReader odd(kNonce);
  odd.feed(kMark + "done zero\n");
  CHECK_FALSE(odd.trailer().has_value());
}

TEST_CASE("An endless output is cut, said so, and what follows is still understood") {
  ScriptReader reader(kNonce);
  reader.feed(kMark + "begin 0\n");
  const std::string piece(1024 * 1024, 'x');
  for (int i = 0; i < 10; ++i) reader.feed(piece);
  reader.feed(kMark + "end 0 0\n" + kMark + "done 0\n");
  CHECK(reader.overflowed());
  CHECK(reader.output_of(0).size() == ScriptReader::kLongestOutput);
  CHECK(reader.trailer() == 0);
}

TEST_CASE("A rendered script tells what it does, and ends with the first section that fails") {
  Script script;
  script.sections = {{"one", ShellText("printf 'no newline at the end'\nsegue_tell size 42\n")},
                     {"two", ShellText("segue_problem disk /var lib\nreturn $?\n")},
                     {"three", ShellText("echo never\n")}};
  script.way_back = ShellText("echo back\n");
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    ScriptReader reader(kNonce);
    reader.feed(shell_output(shell, script.render(kNonce, no_secret)));
    CHECK(describe(reader.take_events()) ==
          "began 0\nsize=42\nended 0 0\nbegan 1\nproblem=disk /var lib\nended 1 96\n"
          "began 3\nended 3 0\n");
    CHECK(reader.output_of(0) == "no newline at the end");
    CHECK(reader.output_of(3) == "back\n");
    CHECK(reader.trailer() == kProblemStatus);
  }
}

TEST_CASE("Children of a script read nothing of it") {
  Script script;
  script.sections = {{"greedy", ShellText("cat\necho read\n")}};
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    ScriptReader reader(kNonce);
    reader.feed(shell_output(shell, script.render(kNonce, no_secret) + "echo leaked\n"));
    CHECK(reader.output_of(0) == "read\n");
    CHECK(reader.trailer() == 0);
  }
}
