// Deploys by the real program, with the scripts that it really sends, to hosts in memory: with
// nothing in their way, and with each kind of fault between any two steps.
#include "scenario.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"

using namespace sim;

namespace {

bool is_long() {
  const char* given = std::getenv("SEGUE_LONG");
  return given != nullptr && std::string(given) == "1";
}

// How a test breaks a rule: what is in the scripts instead of what.
World::Forge instead_of(const std::string& right, const std::string& wrong) {
  return [right, wrong](std::string script) {
    return segue::replace_all(std::move(script), right, wrong);
  };
}

// The number of the first event in a traced story that has this text.
int event_of(const std::string& text, const std::string& story) {
  for (const std::string& line : segue::split_lines(story))
    if (segue::contains(line, text)) return std::atoi(line.c_str());
  return 0;
}

Attempt struck(int event, const KindOfFault& fault) {
  return {.strikes = {{event, &fault}}};
}

// With SEGUE_LONG=1 at every event. In a normal run at every so many, each kind of fault beginning
// elsewhere, so that all places are visited by some.
void strike_everywhere(const Setting& setting) {
  Scenario scenario(setting);
  const int stride = is_long() ? 1 : scenario.events() / 10;
  int first = 0;
  for (const KindOfFault& fault : kinds_of_faults()) {
    first = first % stride + 1;
    for (int event = first; event <= scenario.events(); event += stride) {
      const auto wrong = scenario.run(struck(event, fault));
      INFO(scenario.story());
      INFO(segue::join(wrong, "\n"));
      CHECK(wrong.empty());
    }
    first += 7;
  }
}

}  // namespace

TEST_CASE("A deploy without a fault brings everything new") {
  Scenario scenario({"one, two"});
  const auto wrong = scenario.run({});
  INFO(scenario.story());
  CHECK(segue::join(wrong, "\n").empty());
}

TEST_CASE("The same seed makes the same world") {
  Scenario scenario({"one, two"});
  scenario.world.traces = true;
  const auto told = [&] {
    scenario.run({"v2", {{100, &fault_named("the script is killed")}}, 7});
    return scenario.story();
  };
  CHECK(told() == told());
}

TEST_CASE("Whatever happens at any event, all is new or as before, and the next deploy succeeds") {
  for (const char* hosts : {"one", "one, two"}) strike_everywhere({hosts});
}

TEST_CASE("Whatever happens at any event of a rollback, it has gone back or all is as before") {
  strike_everywhere({.hosts = "one, two", .back = true});
}

TEST_CASE("An image that is too old leaves with the deploy that makes it so") {
  const auto has = [](const Scenario& scenario, const char* image) {
    return scenario.world.hosts.at("two")->state["images"].contains(image);
  };
  Scenario keeps({.hosts = "one, two", .first = "v0"});
  CHECK(segue::join(keeps.run({}), "\n").empty());
  CHECK(has(keeps, "app:v0"));
  Scenario scenario({.hosts = "one, two", .first = "v0", .retain = 1});
  const auto wrong = scenario.run({});
  INFO(scenario.story());
  CHECK(segue::join(wrong, "\n").empty());
  CHECK_FALSE(has(scenario, "app:v0"));
  CHECK(has(scenario, "app:v1"));
  const int stride = is_long() ? 1 : scenario.events() / 40;
  for (const char* fault : {"the script is killed", "the engine refuses an order"}) {
    for (int event = scenario.events() * 3 / 4; event <= scenario.events(); event += stride) {
      const auto broken = scenario.run(struck(event, fault_named(fault)));
      INFO(scenario.story());
      CHECK(segue::join(broken, "\n").empty());
      CHECK(has(scenario, "app:v1"));
    }
  }
}

TEST_CASE("A version that never gets healthy leaves everything as it was") {
  Scenario scenario({"one, two"});
  const auto wrong = scenario.run({.version = "bad"});
  INFO(scenario.story());
  CHECK(segue::join(wrong, "\n").empty());
}

TEST_CASE("Who waits for an owner that may still live gets the lock when its lease is over") {
  Scenario scenario({"one, two"});
  for (int event = scenario.events() / 4; event < scenario.events(); event += 200) {
    Attempt attempt = struck(event, fault_named("the client and the host lose their power"));
    attempt.moved = true;  // one host knows by its boot that the owner is dead, the other does not
    const auto wrong = scenario.run(attempt);
    INFO(scenario.story());
    INFO(segue::join(wrong, "\n"));
    CHECK(wrong.empty());
  }
}

TEST_CASE("A candidate that ends during its gate fails it, although the engine starts it again") {
  Scenario scenario({"one"});
  scenario.world.traces = true;
  scenario.run({.version = "bad"});
  const int look = event_of("segue_watch", scenario.story());
  REQUIRE(look > 0);
  const KindOfFault ends{"the candidate ends", [](World& world, Shell&) {
                           (*world.hosts.at("one")->container("shop-web"))["restarts"] = 1;
                         }};
  Attempt attempt = struck(look, ends);
  attempt.version = "bad";
  const auto wrong = scenario.run(attempt);
  const std::string told = scenario.story();
  INFO(told);
  CHECK(segue::join(wrong, "\n").empty());
  CHECK(segue::contains(told, "shop-web ended with exit code 137 and was started again"));
}

TEST_CASE("Rules that are broken on purpose are noticed") {
  struct Broken {
    const char* rule;
    World::Forge forge;
    std::string version = "v2";
    std::string fault{};  // at one event or another
    std::string hosts = "one";
    bool calls_losses_successes = false;
  };
  const std::vector<Broken> all{
      {"nobody gets traffic before its gate", instead_of("segue_gate || return $?", ":"), "bad"},
      {"a lock is released", instead_of(".released 2>/dev/null", ".forgotten 2>/dev/null")},
      {"what serves comes up again", instead_of("--restart unless-stopped", "--restart no")},
      {"what is retired is removed in the end",
       instead_of("/usr/bin/docker rm -f --", ": rm -f --")},
      {"no secret is printed",
       instead_of("segue_tell engine ",
                  "segue_tell token ~a-secret-of-some-length; segue_tell engine ")},
      {"no secret is kept",
       instead_of("umask 007", "umask 007; echo ~a-secret-of-some-length >/tmp/kept")},
      {"others are left alone",
       instead_of("segue_open_journal\n",
                  "docker update --restart no -- stranger\nsegue_open_journal\n")},
      {"the old one serves until the switch",
       instead_of("docker run -d",
                  "docker stop -t 1 -- shop-web shop-web_old_1-v1 >/dev/null 2>&1; docker run -d")},
      {"a switch is believed when seen",
       [](std::string script) {
         script = segue::replace_all(std::move(script), "|| mv -f /var/lib/segue/proxy", "|| : ");
         return segue::replace_all(std::move(script), "segue_problem verify", ":");
       }},
      {"requests in flight end before their container does",
       instead_of("segue_drain\nsegue_status=$?", "segue_status=0")},
      {"what goes back gets its name again",
       instead_of("/usr/bin/docker rename -- shop-web_old", ": rename -- shop-web_old"), "bad"},
      {"who has lost the lock stops",
       [](std::string script) {
         script =
             segue::replace_all(std::move(script), "[ ! -e \"$1/$segue_top.released\" ]", "false");
         return segue::replace_all(std::move(script), "segue_fenced() {",
                                   "segue_fenced() { return 0");
       },
       "v2", "another client begins to deploy"},
      {"former containers stay until all hosts are done",
       instead_of("docker stop -t 10 --", "docker rm -f --"), "v9", "", "one, two"},
      {"a lock is kept until the end",
       instead_of("segue_open_journal\n",
                  "[ -z \"$segue_lock\" ] || echo >\"$segue_lock/$segue_generation.released\"\n"
                  "segue_open_journal\n")},
      {"a gate has an end", instead_of("if segue_expired; then", "if false; then"), "bad"},
      {"what is lost is no success", nullptr, "v2",
       "the connection is cut, and the script is killed", "one", true},
  };
  for (const Broken& broken : all) {
    Scenario scenario({broken.hosts});
    scenario.world.forge = broken.forge;
    scenario.world.calls_losses_successes = broken.calls_losses_successes;
    const bool strikes = !broken.fault.empty();
    bool noticed = false;
    for (int event = 1; !noticed && event <= (strikes ? scenario.events() : 1); ++event) {
      Attempt attempt{.version = broken.version};
      if (strikes) attempt.strikes = {{event, &fault_named(broken.fault)}};
      noticed = !scenario.run(attempt).empty();
    }
    INFO(broken.rule << "\n" << scenario.story());
    CHECK(noticed);
  }
}
