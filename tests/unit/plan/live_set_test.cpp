// Which containers serve, decided by token and live file, at every point where a deploy may die.
#include "segue/plan/live_set.hpp"

#include "support/catch.hpp"

using namespace segue;

namespace {

const Identity kShop{"shop", ""};

struct Host {
  Host& container(const std::string& name, const std::string& release, const std::string& slot,
                  int replica = 1) {
    ContainerFacts container;
    container.name = name;
    container.state = "running";
    container.labels = {{label::kProject, "shop"},
                        {label::kEnvironment, ""},
                        {label::kService, "web"},
                        {label::kRelease, release},
                        {label::kReplica, std::to_string(replica)}};
    if (!slot.empty()) container.labels[label::kSlot] = slot;
    facts.containers.push_back(container);
    return *this;
  }
  Host& token(const std::string& slot) {
    facts.tokens["web"] = slot;
    return *this;
  }
  Host& live(const std::string& release) {
    facts.live["web"] = release;
    return *this;
  }
  std::string release() const { return set().release; }
  LiveSet set() const { return find_live_set(facts, kShop, "web"); }

  HostFacts facts;
};

}  // namespace

TEST_CASE("on a fresh host nothing is live") {
  CHECK(Host().release().empty());
  CHECK(Host().set().live.empty());
}

TEST_CASE("behind the proxy the token decides, even before the live file follows") {
  Host host;
  host.container("shop-web_old_1-a-0000", "1-a-0000", "blue")
      .container("shop-web", "2-b-0000", "green");
  host.token("blue").live("1-a-0000");
  CHECK(host.release() == "1-a-0000");
  host.token("green");  // killed right after the switch
  CHECK(host.release() == "2-b-0000");
  CHECK(host.set().slot == Slot::green);
  CHECK(host.set().others.size() == 1);
  host.live("2-b-0000");
  CHECK(host.release() == "2-b-0000");
}

TEST_CASE("a first deploy that dies before its switch has nothing live") {
  Host host;
  host.container("shop-web", "1-a-0000", "green");
  CHECK(host.release().empty());
  CHECK(host.set().others.size() == 1);
  host.token("green");
  CHECK(host.release() == "1-a-0000");
}

TEST_CASE("without a proxy the live file decides, never a name") {
  Host host;
  host.container("shop-web", "2-b-0000", "").container("shop-web_old_1-a-0000", "1-a-0000", "");
  CHECK(host.release().empty());
  host.live("1-a-0000");
  CHECK(host.release() == "1-a-0000");
  host.live("2-b-0000");
  CHECK(host.release() == "2-b-0000");
  host.live("9-z-0000");  // its containers are gone
  CHECK(host.release().empty());
}

TEST_CASE("stop-first containers share a slot: the live file decides between them") {
  Host host;
  host.container("shop-web_old_1-a-0000", "1-a-0000", "blue")
      .container("shop-web", "2-b-0000", "blue");
  host.token("blue").live("1-a-0000");
  CHECK(host.release() == "1-a-0000");
  host.live("2-b-0000");
  CHECK(host.release() == "2-b-0000");
}

TEST_CASE("a service that gets a proxy is live without a slot until the switch") {
  Host host;
  host.container("shop-web_old_1-a-0000", "1-a-0000", "")
      .container("shop-web", "2-b-0000", "green");
  host.live("1-a-0000");
  CHECK(host.release() == "1-a-0000");
  host.token("green");
  CHECK(host.release() == "2-b-0000");
}

TEST_CASE("a service that loses its proxy is live without a slot from its commit on") {
  Host host;
  host.container("shop-web_old_1-a-0000", "1-a-0000", "green")
      .container("shop-web", "2-b-0000", "");
  host.token("green").live("1-a-0000");
  CHECK(host.release() == "1-a-0000");
  host.live("2-b-0000");  // committed; the former containers are still there, stopped
  CHECK(host.release() == "2-b-0000");
}

TEST_CASE("replicas stand in their order, and other services and environments do not count") {
  Host host;
  host.container("shop-web-2", "1-a-0000", "green", 2).container("shop-web", "1-a-0000", "green");
  host.container("shop-api", "1-a-0000", "green").container("shop-prod-web", "1-a-0000", "green");
  host.facts.containers[2].labels[label::kService] = "api";
  host.facts.containers[3].labels[label::kEnvironment] = "prod";
  host.token("green").live("1-a-0000");
  const LiveSet set = host.set();
  REQUIRE(set.live.size() == 2);
  CHECK(set.live[0].name == "shop-web");
  CHECK(set.live[1].name == "shop-web-2");
  CHECK(set.others.empty());
}

TEST_CASE("what is wrong with what runs is said in words") {
  Host host;
  host.container("shop-web", "1-a-0000", "").live("1-a-0000");
  CHECK(what_is_wrong(host.set(), 1).empty());
  CHECK(what_is_wrong(host.set(), 2) == "1 of 2 replicas are there");
  ContainerFacts& container = host.facts.containers.front();
  container.state = "exited";
  container.exit_code = 137;
  container.out_of_memory = true;
  CHECK(what_is_wrong(host.set(), 1) == "shop-web is exited (exit code 137, out of memory)");
  container.state = "restarting";
  container.restarts = 7;
  CHECK(what_is_wrong(host.set(), 1) == "shop-web restarts again and again (7 times)");
}

TEST_CASE("a crash loop is also one while the container happens to run") {
  Host host;
  host.container("shop-web", "1-a-0000", "").live("1-a-0000");
  ContainerFacts& container = host.facts.containers.front();
  container.restarts = 7;
  container.started_at = "2026-11-21T07:00:00.5Z";
  host.facts.clock = 1'795'244'400 + 12;
  CHECK(what_is_wrong(host.set(), 1) ==
        "shop-web restarts again and again (7 times, the last one 12 s ago)");
  host.facts.clock += 3'600;  // it has come to rest
  CHECK(what_is_wrong(host.set(), 1).empty());
  host.facts.clock = 1'795'244'400 - 3'600;  // a clock that was set back says nothing
  CHECK(what_is_wrong(host.set(), 1).empty());
  host.facts.clock = 1'795'244'400 + 12;
  container.restarts = 2;
  CHECK(what_is_wrong(host.set(), 1).empty());
}
