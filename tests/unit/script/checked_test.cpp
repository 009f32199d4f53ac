#include "segue/script/checked.hpp"

#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/base/text.hpp"
#include "segue/script/script.hpp"
#include "segue/script/script_reader.hpp"

using namespace segue;

namespace {

constexpr const char* kNonce = "0123456789abcdef0123456789abcdef";

ScriptReader run_in(const std::string& shell, const ShellText& body, const std::string& spool) {
  Script script;
  script.journal = Journal{"/nonexistent/journal", spool, "1-v1-cafe/1"};
  script.sections.push_back({"stop", body});
  ScriptReader reader(kNonce);
  const auto nothing = [](const std::string&) -> const Secret& {
    static const Secret none;
    return none;
  };
  reader.feed(shell_output(shell, script.render(kNonce, nothing)));
  return reader;
}

std::string told(ScriptReader& reader) {
  for (const ScriptEvent& event : reader.take_events())
    if (event.kind == ScriptEvent::Kind::told) return event.key + ": " + event.value;
  return "nothing";
}

}  // namespace

TEST_CASE("What a command says when it fails is the problem, however long it may take") {
  for (const std::string& shell : shells_here()) {
    for (const Duration longest : {Duration(0), Duration(60'000)}) {
      INFO(shell << " " << to_string(longest));
      const ShellText fails = ShellText("sh").words({"-c", "echo no such container; exit 3"});
      ScriptReader reader = run_in(shell, checked(fails, "stop", longest), "");
      CHECK(told(reader) == "problem: stop no such container");
      CHECK(reader.trailer() == 96);
      const ShellText succeeds = ShellText("echo").word("fine");
      ScriptReader quiet = run_in(shell, checked(succeeds, "stop", longest), "");
      CHECK(told(quiet) == "nothing");
      CHECK(quiet.trailer() == 0);
    }
  }
}

TEST_CASE("What takes long shows signs of life, and none after its end") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const std::string spool = shell_output("sh", "mktemp /tmp/segue-test-XXXXXX");
    const std::string file(trim(spool));
    const std::string waits = "until grep -q beat " + file + "; do sleep 0.1; done";
    ShellText body = checked(ShellText("sh").words({"-c", waits}), "stop", Duration(60'000));
    // The job that beats was waited for: it can't be found any more.
    body.raw("! kill -0 \"$segue_beats\" 2>/dev/null");
    const ScriptReader reader = run_in(shell, body, file);
    CHECK(reader.trailer() == 0);
    std::remove(file.c_str());
  }
}
