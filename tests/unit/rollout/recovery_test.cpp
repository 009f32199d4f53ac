#include "rollout_story.hpp"

using namespace segue;

namespace {

std::string yaml_of(const std::string& kind, int replicas) {
  std::string text =
      "project: shop\nservers:\n  web-1: {host: 192.0.2.1}\nservices:\n  web:\n"
      "    image: app:${VERSION}\n    hosts: [web-1]\n    replicas: " +
      std::to_string(replicas) + "\n";
  if (kind == "worker") return text + "    healthcheck: {cmd: test -e /ready}\n";
  text += "    proxy: {app_port: 3000, hosts: [shop.example]}\n    healthcheck: {path: /health}\n";
  return kind == "stop-first" ? text + "    stop_first: true\n" : text;
}

// A host between two releases, to be put into every state that a dead deploy can leave.
class Between {
 public:
  Between(const std::string& kind, int replicas)
      : before(config_of(yaml_of(kind, replicas), "v1")),
        after(config_of(yaml_of(kind, replicas), "v2")),
        stop_first_(kind == "stop-first") {
    FactsBuilder builder(before);
    builder.images().network().proxy().deployed("web", {kBefore, Slot::green, {}});
    builder.image("app:v2");
    facts = builder.facts;
  }

  Between& renamed() {
    for (ContainerFacts& container : facts.containers)
      container.name = retired_name(container.name, kBefore);
    return *this;
  }
  Between& stopped() {
    for (ContainerFacts& container : facts.containers) {
      container.state = "exited";
      container.restart_policy = "no";
    }
    return *this;
  }
  Between& candidates(const std::string& state = "running", size_t number = 99) {
    FactsBuilder builder(after);
    builder.deployed("web", {kRelease, stop_first_ ? Slot::green : Slot::blue, {}});
    for (ContainerFacts& container : builder.facts.containers) {
      if (number-- == 0) break;
      container.state = state;
      container.restart_policy = "no";
      facts.containers.push_back(container);
    }
    return *this;
  }
  Between& switched() {
    facts.tokens["web"] = "blue";
    return *this;
  }
  Between& committed() {
    facts.live["web"] = kRelease;
    return *this;
  }

  std::string titles(const std::optional<std::string>& unwind) const {
    std::string text;
    for (const Step& step : recover({after, facts, unwind}).steps) text += step.title;
    return text;
  }
  std::string settling() const { return titles(std::nullopt); }
  std::string undoing() const { return titles(kRelease); }
  // The commands of the engine that recovery would give, in order, without their options.
  std::string text(const std::optional<std::string>& unwind) const {
    std::string body;
    for (const Step& step : recover({after, facts, unwind}).steps)
      body += step.section.body.without_secrets();
    return body;
  }

  Config before;
  Config after;
  HostFacts facts;
  // The deploy of v2 had set the routes and has not ended.
  Between& routed() {
    facts.proxy.changed_by["0-99.shop.web.json"] = kRelease;
    return *this;
  }

 private:
  bool stop_first_;
};

const std::string kKeep = "web: keep the containers that pass their check";
const std::string kRemove = "web: remove the candidates";
const std::string kBack = "web: bring the former containers back";

// Whether `first` comes before `second` in a text that has both.
bool comes_before(const std::string& text, const std::string& first, const std::string& second) {
  const size_t at = text.find(first);
  const size_t other = text.find(second);
  INFO(text);
  REQUIRE(at != std::string::npos);
  REQUIRE(other != std::string::npos);
  return at < other;
}

}  // namespace

TEST_CASE("A host at rest is left alone") {
  for (const char* kind : {"proxied", "stop-first", "worker"}) {
    INFO(kind);
    CHECK(Between(kind, 2).settling().empty());
    CHECK(Between(kind, 2).undoing().empty());
  }
}

TEST_CASE("Every state between two releases has its way out") {
  struct Line {
    const char* state;
    Between host;
    std::string settling;
    std::string undoing;
  };
  const std::vector<Line> lines{
      {"renamed", Between("proxied", 1).renamed(), kKeep, kRemove},
      {"one of two candidates", Between("proxied", 2).renamed().candidates("running", 1), kKeep,
       kRemove},
      {"candidate runs", Between("proxied", 1).renamed().candidates(), kKeep, kRemove},
      {"candidate has ended", Between("proxied", 1).renamed().candidates("exited"), kKeep, kRemove},
      {"candidate was only created", Between("proxied", 1).renamed().candidates("created"), kKeep,
       kRemove},
      {"switched", Between("proxied", 1).renamed().candidates().switched(), kKeep, kBack},
      {"committed", Between("proxied", 1).renamed().candidates().switched().committed(), kKeep,
       kBack},
      {"former stopped",
       Between("proxied", 1).renamed().stopped().candidates().switched().committed(), kKeep, kBack},
      {"stop-first: stopped", Between("stop-first", 1).renamed().stopped(), kKeep, kRemove},
      {"stop-first: candidate", Between("stop-first", 1).renamed().stopped().candidates(), kKeep,
       kRemove},
      {"stop-first: committed",
       Between("stop-first", 1).renamed().stopped().candidates().committed(), kKeep, kBack},
      {"worker: both run", Between("worker", 1).renamed().candidates(), kKeep, kRemove},
      {"worker: committed", Between("worker", 1).renamed().candidates().committed(), kKeep, kBack},
      {"worker: former stopped", Between("worker", 1).renamed().stopped().candidates().committed(),
       kKeep, kBack},
  };
  for (const Line& line : lines) {
    INFO(line.state);
    CHECK(line.host.settling() == line.settling);
    CHECK(line.host.undoing() == line.undoing);
    CHECK_FALSE(recover({line.host.after, line.host.facts, std::nullopt}).findings.empty());
  }
}

TEST_CASE("A first deploy that is undone leaves nothing; a dead one goes forward") {
  Between host("proxied", 1);
  host.facts.containers.clear();
  host.facts.live.clear();
  host.candidates();
  CHECK(host.undoing() == kRemove);
  CHECK(host.settling() == kKeep);
  host.switched().committed();
  CHECK(host.undoing() == "web: remove what this deploy made");
}

TEST_CASE("What serves is removed only after the other set has passed its check") {
  const Between switched = Between("proxied", 1).renamed().candidates().switched().committed();
  const std::string former = "rm -f -- shop-web_old_" + kBefore;
  CHECK(comes_before(switched.text(std::nullopt), "if segue_gate", former));
  CHECK(comes_before(switched.text(kRelease), "if ! segue_gate", "rm -f -- shop-web |"));
  CHECK(comes_before(switched.text(kRelease), "green.off", "rm -f -- shop-web |"));
}

TEST_CASE("Half a set of candidates does not replace a whole one that only has to be started") {
  const Between half = Between("stop-first", 2).renamed().stopped().candidates("running", 1);
  CHECK(comes_before(half.text(std::nullopt), "start -- shop-web_old_" + kBefore,
                     "rm -f -- shop-web_old_" + kBefore));
  const Between whole = Between("stop-first", 2).renamed().stopped().candidates();
  CHECK(comes_before(whole.text(std::nullopt), "rm -f -- shop-web_old_" + kBefore,
                     "start -- shop-web_old_" + kBefore));
}

TEST_CASE("A live set that the commit file does not name yet is named by recovery") {
  const Between lagging = Between("proxied", 1).renamed().candidates().switched();
  CHECK(contains(lagging.text(std::nullopt),
                 kRelease + " > /var/lib/segue/projects/shop/_/live/web"));
}

TEST_CASE("Recovery checks a container by its image's own health check, although it runs by id") {
  Between host("worker", 1);
  host.after.services.front().healthcheck.reset();
  host.renamed().candidates();
  for (auto& [reference, image] : host.facts.images)
    image.healthcheck = {"CMD-SHELL", "check-" + reference};
  CHECK(contains(host.text(std::nullopt), "check-app:v1"));
}

TEST_CASE("Routes go back with the containers, and stay with them") {
  const std::string back = "segue_put_back /var/lib/segue/proxy/routes/0-99.shop.web.json";
  const Between staged = Between("proxied", 1).routed();
  CHECK(staged.undoing() == "web: put its routes back");
  CHECK(staged.settling() == "web: let its routes be those of the containers");
  CHECK(contains(staged.text(kRelease), back));
  CHECK(contains(staged.text(std::nullopt), back));

  const Between candidate = Between("proxied", 1).renamed().candidates().routed();
  CHECK(candidate.undoing() == kRemove + ", put its routes back");
  CHECK(contains(candidate.text(kRelease), back));

  const Between committed =
      Between("proxied", 1).renamed().candidates().switched().committed().routed();
  CHECK(committed.undoing() == kBack + ", put its routes back");
  CHECK(comes_before(committed.text(kRelease), "green.off", back));
  CHECK(comes_before(committed.text(std::nullopt), "*.shop.*." + kRelease + ".before", back));
}

TEST_CASE("A first deploy that died when only its routes were there leaves none") {
  Between host("proxied", 1);
  host.facts.containers.clear();
  host.facts.live.clear();
  host.routed();
  CHECK(host.undoing() == "web: put its routes back");
}

TEST_CASE("The project's extra routes go back too, although they are of no service") {
  Between host("proxied", 1);
  host.facts.proxy.changed_by["0-+.shop.+extra.json"] = kRelease;
  CHECK(host.undoing() == "proxy.extra: put its routes back");
  CHECK(host.settling() == "proxy.extra: let what was before come back");
  CHECK(contains(host.text(kRelease),
                 "segue_put_back /var/lib/segue/proxy/routes/0-+.shop.+extra.json"));
}

TEST_CASE("Routes that another project's deploy has changed are none of our business") {
  Between host("proxied", 1);
  host.facts.proxy.changed_by["0-99.blog.web.json"] = "1-v1-0ee6";
  CHECK(host.settling().empty());
  CHECK(host.undoing().empty());
}

TEST_CASE("Containers of other identities are none of our business") {
  Between host("proxied", 1);
  host.renamed().candidates();
  for (ContainerFacts& container : host.facts.containers)
    container.labels[label::kEnvironment] = "production";
  CHECK(host.settling().empty());
  CHECK(host.undoing().empty());
}

TEST_CASE("a release command of a dead deploy is let end, and kept only when it ended well") {
  const Config config = config_of(yaml_of("worker", 1));
  HostFacts facts = FactsBuilder(config).images().network().facts;
  ContainerFacts command;
  command.name = "shop-web_release";
  command.labels = {{label::kProject, "shop"},
                    {label::kEnvironment, ""},
                    {label::kCommand, "web"},
                    {label::kRelease, kRelease}};
  const auto settled = [&](const std::string& state, int exit_code) {
    command.state = state;
    command.exit_code = exit_code;
    facts.commands = {command};
    return recover({config, facts, std::nullopt});
  };
  CHECK(settled("exited", 0).steps.empty());
  const Recovery failed = settled("exited", 3);
  REQUIRE(failed.steps.size() == 1);
  CHECK(contains(failed.steps[0].section.body.without_secrets(), "rm -f -- shop-web_release"));
  const Recovery running = settled("running", 0);
  REQUIRE(running.findings.size() == 1);
  CHECK(running.findings[0] == "web: the release command of " + kRelease + " still runs");
  CHECK(contains(running.steps.at(0).section.body.without_secrets(), "wait shop-web_release"));
  command.labels[label::kProject] = "another";
  CHECK(settled("running", 0).steps.empty());
  command.labels[label::kProject] = "shop";
  command.state = "exited";
  facts.commands = {command};
  CHECK(recover({config, facts, kRelease}).steps.size() == 1);
  CHECK(recover({config, facts, kRelease, "other"}).steps.empty());
  CHECK(recover({config, facts, "9-v9-ffff"}).steps.empty());
}
