// A rollout without hosts: the test plays the world, and reads what was asked of it.
#pragma once
#include "support/facts.hpp"

#include "segue/base/text.hpp"
#include "segue/rollout/rollout.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

inline const std::string kBefore = "1-v1-aaaa";
inline const std::string kRelease = "2-v2-bbbb";

inline std::string shop_yaml(int hosts) {
  std::string text = "project: shop\nservers:\n";
  std::string names;
  for (int i = 1; i <= hosts; ++i) {
    const std::string name = "web-" + std::to_string(i);
    text += "  " + name + ": {host: 192.0.2." + std::to_string(i) + "}\n";
    names += (i == 1 ? "" : ", ") + name;
  }
  return text + "services:\n  web:\n    image: app:${VERSION}\n    hosts: [" + names +
         "]\n    proxy: {app_port: 3000, hosts: [shop.example]}\n"
         "    healthcheck: {path: /health}\n";
}

inline Error unreachable_error() {
  return Error{Code::unreachable, "connection refused", "is sshd running?", {}, {}};
}

class RolloutStory {
 public:
  explicit RolloutStory(int hosts)
      : before(config_of(shop_yaml(hosts), "v1")),
        config(config_of(shop_yaml(hosts), "v2")),
        rollout_(make()) {}

  // Lets the time pass, hands in what happened, and answers in lines: "run web-1: rename start".
  std::vector<std::string> step(std::vector<RolloutEvent> events = {}) {
    now_ += std::chrono::seconds(10);
    std::vector<std::string> lines;
    for (const RolloutAction& action : rollout_.step(now_, events)) {
      if (const auto* run = std::get_if<RunScript>(&action)) {
        std::string line = "run " + run->host + ":";
        for (const Section& section : run->script.sections) line += " " + section.name;
        running[run->host] = run->script;
        lines.push_back(line);
      } else if (const auto* read = std::get_if<ReadFacts>(&action)) {
        lines.push_back("read " + read->host + (read->end_scripts ? " (end scripts)" : ""));
      } else {
        lines.push_back("abandon " + std::get<Abandon>(action).host);
      }
    }
    return lines;
  }

  std::vector<std::string> succeed(const std::string& host) {
    return step({ScriptEnded{host, Exited{0}, {}, {}}});
  }
  std::vector<std::string> fail_at(const std::string& host, int section, int status,
                                   const std::string& problem = {}) {
    std::vector<ScriptEvent> events;
    if (!problem.empty())
      events.push_back({ScriptEvent::Kind::told, section, 0, "problem", problem});
    events.push_back({ScriptEvent::Kind::ended, section, status, "", ""});
    return step({ScriptEnded{host, Exited{status}, events, {}}});
  }
  std::vector<std::string> lose(const std::string& host) {
    return step({ScriptEnded{host, Lost{"connection reset"}, {}, {}}});
  }
  std::vector<std::string> tell_facts(const HostFacts& facts) {
    return step({FactsArrived{facts.host, facts}});
  }
  std::vector<std::string> no_answer(const std::string& host) {
    return step({FactsArrived{host, tl::unexpected(unreachable_error())}});
  }

  // Version 1 serves there.
  HostFacts as_before(const std::string& host) const {
    FactsBuilder builder(before, host);
    builder.images().network().proxy().deployed("web", {kBefore, Slot::green, {}});
    builder.image("app:v2");
    return builder.facts;
  }
  // Version 2 serves there, version 1 is stopped and waits to be removed.
  HostFacts rolled(const std::string& host) const {
    FactsBuilder builder(before, host);
    builder.images().network().proxy().deployed("web", {kBefore, Slot::green, {}});
    ContainerFacts& old = builder.replica("shop-web");
    old.name = retired_name("shop-web", kBefore);
    old.state = "exited";
    old.restart_policy = "no";
    FactsBuilder after(config, host);
    after.images().network().proxy().deployed("web", {kRelease, Slot::blue, {}});
    HostFacts facts = after.facts;
    facts.containers.push_back(old);
    return facts;
  }
  // The candidate of version 2 is there beside version 1, which serves.
  HostFacts half(const std::string& host) const {
    HostFacts facts = rolled(host);
    facts.containers.back().state = "running";
    facts.tokens["web"] = "green";
    facts.live["web"] = kBefore;
    return facts;
  }

  const RolloutResult& result() const { return rollout_.result(); }
  bool finished() const { return rollout_.finished(); }
  Code code() const {
    REQUIRE(rollout_.result().error.has_value());
    return rollout_.result().error->code;
  }
  ReleaseStatus status() { return rollout_.record().status; }
  std::string text_of(const std::string& host) const {
    std::string text;
    for (const Section& section : running.at(host).sections) text += section.body.without_secrets();
    return text;
  }
  std::string states() const {
    std::string text;
    for (const FinalState& state : rollout_.result().states) {
      constexpr const char* kWhat[]{"changed", "unchanged", "as before", "unknown"};
      text += state.host + " " + state.service + ": " + kWhat[static_cast<int>(state.what)] + "\n";
    }
    return text;
  }

  Config before;
  Config config;
  std::map<std::string, Script> running;

 private:
  Rollout make() {
    std::map<std::string, HostFacts> facts;
    std::map<std::string, int> generations;
    for (const ServerConfig& server : config.servers) {
      facts[server.name] = as_before(server.name);
      // Something has to be staged too: an image is missing.
      facts[server.name].images.erase("app:v2");
      generations[server.name] = 7;
    }
    Plan plan = make_plan({config, facts, {}, {}, kRelease, kTestSalt});
    const ReleaseRecord record = plan.record;
    return Rollout(std::move(plan), {config, facts, generations, record});
  }

  Rollout rollout_;
  TimePoint now_{};
};

using Lines = std::vector<std::string>;

}  // namespace segue
