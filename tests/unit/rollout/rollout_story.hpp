// A rollout without hosts: the test plays the world, and reads what was asked of it.
#pragma once
#include "support/facts.hpp"

#include "segue/base/text.hpp"
#include "segue/rollout/rollout.hpp"

#include <algorithm>
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
  explicit RolloutStory(int hosts) : RolloutStory(shop_yaml(hosts), true) {}
  // With `pulls`, every host has to be prepared first: it lacks an image.
  RolloutStory(const std::string& yaml, bool pulls)
      : before(config_of(yaml, "v1")), config(config_of(yaml, "v2")), rollout_(make(pulls)) {}

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

  // What a host is like where these services have been rolled, where these are half-way (the
  // candidate is there beside the old one, which serves), and all others are as before.
  struct There {
    std::vector<std::string> rolled = {};
    std::vector<std::string> half = {};
  };
  HostFacts facts(const std::string& host, const There& there) const {
    FactsBuilder builder(before, host);
    FactsBuilder after(config, host);
    builder.images().network().proxy().image("app:v2");
    for (const ServiceConfig& service : before.services)
      if (contains_name(service.hosts, host))
        builder.deployed(service.name, {kBefore, Slot::green, {}});
    for (const std::string& name : there.rolled) replace(builder, after, name, true);
    for (const std::string& name : there.half) replace(builder, after, name, false);
    return builder.facts;
  }
  HostFacts as_before(const std::string& host) const { return facts(host, {}); }
  HostFacts rolled(const std::string& host) const { return facts(host, {{"web"}, {}}); }
  HostFacts half(const std::string& host) const { return facts(host, {{}, {"web"}}); }

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

  // Why a service is not as planned there.
  std::string why(const std::string& host, const std::string& service) const {
    for (const FinalState& state : rollout_.result().states)
      if (state.host == host && state.service == service) return state.why;
    return "there is no " + service + " on " + host;
  }
  // What people were told since the last time: phases and notes.
  std::string told() {
    std::string text;
    for (const Report& report : rollout_.take_reports())
      if (report.kind == Report::Kind::phase || report.kind == Report::Kind::note)
        text += report.title + "\n";
    return text;
  }
  // Hands in an event at once: no time passes.
  std::vector<std::string> at_once(std::vector<RolloutEvent> events = {}) {
    now_ -= std::chrono::seconds(10);
    return step(std::move(events));
  }
  TimePoint now() const { return now_; }
  std::optional<TimePoint> wake_at() const { return rollout_.wake_at(); }

  Config before;
  Config config;
  std::map<std::string, Script> running;

 private:
  static bool contains_name(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  static void replace(FactsBuilder& builder, FactsBuilder& after, const std::string& service,
                      bool committed) {
    ContainerFacts& old = builder.replica("shop-" + service);
    old.name = retired_name("shop-" + service, kBefore);
    after.deployed(service, {kRelease, Slot::blue, {}});
    if (committed) {
      old.state = "exited";
      old.restart_policy = "no";
      builder.facts.tokens[service] = "blue";
      builder.facts.live[service] = kRelease;
    }
    builder.facts.containers.push_back(after.replica("shop-" + service));
  }

  Rollout make(bool pulls) {
    std::map<std::string, HostFacts> facts;
    std::map<std::string, int> generations;
    for (const ServerConfig& server : config.servers) {
      facts[server.name] = as_before(server.name);
      if (pulls) facts[server.name].images.erase("app:v2");
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
