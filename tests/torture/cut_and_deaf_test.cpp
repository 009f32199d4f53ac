#include "deploy_story.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"
#include "segue/plan/deploy_planner.hpp"
#include "segue/plan/service_containers.hpp"

#include <algorithm>
#include <fstream>

using namespace segue;
using namespace torture;
namespace fs = std::filesystem;

namespace {

// A host where version 1 serves, and the script that rolls version 2 out there.
class ReadyToRoll {
 public:
  explicit ReadyToRoll(Kind kind) : config(make_config(kind, 1, "v2")) {
    host.secrets.emplace("TOKEN", Secret("a secret of some length"));
    must_deploy(host, make_config(kind, 1, "v1"), kFirst);
    const std::map<std::string, HostFacts> facts{{"one", read_host(host, config, false)}};
    const Plan plan = make_plan({config, facts, {}, host.secrets, kSecond, "salt-of-the-host"});
    layout = Layout{facts.at("one").state_root, identity_of(config)};
    // The first deploy has released generation 1; this one holds the next.
    std::ofstream(layout.lock_folder() + "/2") << "{}\n";
    roll.fence = Fence{layout.lock_folder(), 2};
    roll.journal = Journal{layout.journal(), layout.spool("run.1"), "run.1"};
    for (const Step& step : plan.rolls.front().steps) roll.sections.push_back(step.section);
    roll.way_back = plan.rolls.front().way_back;
    host.save();
  }

  TortureHost host;
  Config config;
  Layout layout;
  Script roll;
};

size_t begun(const ShellRun& run) {
  return static_cast<size_t>(std::count_if(
      run.events.begin(), run.events.end(),
      [](const ScriptEvent& event) { return event.kind == ScriptEvent::Kind::began; }));
}

}  // namespace

TEST_CASE("A short script that is cut at any byte does nothing at all") {
  TortureHost host;
  const Layout layout{host.root().string(), Identity{"shop", ""}};
  fs::create_directories(layout.lock_folder());
  std::ofstream(layout.lock_folder() + "/1") << "{}\n";
  Script script;
  script.sections = {release_lock(layout, 1)};
  const std::string text = host.render(script);
  const std::string released = layout.lock_folder() + "/1.released";
  for (const Shell& shell : shells()) {
    const size_t step = shell.name == "dash" ? 1 : 19;
    // The last byte is a newline: without it the script is as complete as with it.
    for (size_t bytes = 0; bytes + 2 <= text.size() - 1; bytes += step) {
      host.run_text(text, {.shell = shell, .cut = bytes});
      INFO(shell.name << ", cut after " << bytes << " of " << text.size() << " bytes");
      REQUIRE_FALSE(fs::exists(released));
    }
    host.run_text(text, {.shell = shell});
    REQUIRE(fs::exists(released));
    fs::remove(released);
  }
}

TEST_CASE("A long script that is cut anywhere does nothing at all") {
  const ReadyToRoll ready(Kind::proxied);
  const std::string text = ready.host.render(ready.roll);
  const int calls = ready.host.calls();
  const std::string journal = read_file(ready.layout.journal());
  for (const Shell& shell : shells()) {
    const size_t step = shell.name == "dash" ? 37 : 211;
    for (size_t bytes = 0; bytes < text.size() - 2; bytes += step) {
      const ShellRun run = ready.host.run_text(text, {.shell = shell, .cut = bytes});
      INFO(shell.name << ", cut after " << bytes << " of " << text.size() << " bytes");
      REQUIRE(run.events.empty());
      REQUIRE(run.status != -1);
    }
    CHECK(ready.host.calls() == calls);
    CHECK(read_file(ready.layout.journal()) == journal);
    CHECK_FALSE(fs::exists(ready.layout.spool("run.1")));
  }
}

TEST_CASE("A script whose reader is gone runs to its end") {
  const ReadyToRoll ready(Kind::proxied);
  for (const Shell& shell : shells()) {
    ready.host.restore();
    const ShellRun heard = ready.host.run(ready.roll, {.shell = shell});
    INFO(heard.text);
    REQUIRE(heard.reader.trailer() == 0);
    const auto lines = static_cast<size_t>(std::count(heard.text.begin(), heard.text.end(), '\n'));
    const size_t step = shell.name == "dash" ? 1 : 5;
    for (size_t line = 0; line < lines; line += step) {
      INFO(shell.name << ", nobody listens after line " << line);
      ready.host.restore();
      const ShellRun run = ready.host.run(ready.roll, {.shell = shell, .deaf_after_line = line});
      REQUIRE(run.status == 0);
      REQUIRE(live_release(ready.host, ready.config) == kSecond);
      const std::string spool = read_file(ready.layout.spool("run.1"));
      const std::string journal = read_file(ready.layout.journal());
      CHECK(spool.ends_with("done 0\n"));
      CHECK(contains(journal, "done 0\n"));
      for (size_t i = 0; i < ready.roll.sections.size(); ++i) {
        CHECK(contains(spool, "end " + std::to_string(i) + " 0\n"));
        CHECK(contains(journal, "end " + ready.roll.sections[i].name + " 0\n"));
      }
    }
  }
}

TEST_CASE("When somebody takes the lock over, nothing more is done, not even the way back") {
  for (const Shell& shell : shells()) {
    for (const Kind kind : {Kind::proxied, Kind::stop_first, Kind::worker}) {
      const ReadyToRoll ready(kind);
      const int first = ready.host.calls();
      REQUIRE(ready.host.run(ready.roll, {.shell = shell}).reader.trailer() == 0);
      const int calls = ready.host.calls() - first;
      for (int call = 1; call <= calls; call += shell.name == "dash" ? 1 : 3) {
        INFO(shell.name << ", " << name_of(kind) << ", taken over at call " << call);
        ready.host.restore();
        const std::string hook =
            "touch:" + std::to_string(first + call) + ":" + ready.layout.lock_folder() + "/3";
        const ShellRun run = ready.host.run(ready.roll, {.shell = shell, .hook = hook});
        REQUIRE(run.reader.trailer().has_value());
        const size_t sections = begun(run);
        if (sections == ready.roll.sections.size() && *run.reader.trailer() == 0) continue;
        // It ends at the first section after the take-over, which has no effect.
        REQUIRE(*run.reader.trailer() == kFenceStatus);
        REQUIRE(run.events.back().status == kFenceStatus);
        REQUIRE(run.events.back().section < static_cast<int>(ready.roll.sections.size()));
        REQUIRE(contains(read_file(ready.layout.journal()), "done 97\n"));
        REQUIRE_FALSE(contains(read_file(ready.layout.journal()), "begin way-back"));
      }
    }
  }
}

TEST_CASE("A failed section does not start the way back of a script that is fenced off") {
  for (const Shell& shell : shells()) {
    INFO(shell.name);
    TortureHost host;
    host.secrets.emplace("TOKEN", Secret("a secret of some length"));
    const ReadyToRoll ready(Kind::stop_first);
    Script script;
    script.fence = ready.roll.fence;
    const std::string mark = ready.host.root().string() + "/way-back";
    script.sections = {{"fail", ShellText(": >" + ready.layout.lock_folder() + "/3\nreturn 5\n")}};
    script.way_back = ShellText(": >" + mark + "\n");
    const ShellRun run = ready.host.run(script, {.shell = shell});
    CHECK(run.reader.trailer() == 5);
    CHECK_FALSE(fs::exists(mark));
    fs::remove(ready.layout.lock_folder() + "/3");
    script.sections = {{"fail", ShellText("return 5\n")}};
    CHECK(ready.host.run(script, {.shell = shell}).reader.trailer() == 5);
    CHECK(fs::exists(mark));
  }
}
