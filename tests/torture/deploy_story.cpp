#include "deploy_story.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"
#include "segue/plan/deploy_planner.hpp"
#include "segue/plan/live_set.hpp"
#include "segue/plan/service_containers.hpp"
#include "segue/rollout/recovery.hpp"

#include <algorithm>

namespace torture {

using namespace segue;

namespace {

LockHolder holder() {
  LockHolder holder;
  holder.id = "holder-1";
  holder.kind = "deploy";
  holder.who = "ada@laptop";
  holder.message = "it's \"quoted\" @BOOT@";
  holder.ttl = 6000;
  return holder;
}

FactsRequest request_for(const Config& config) {
  FactsRequest request;
  request.identity = identity_of(config);
  request.images = images_on_host(config, "one");
  return request;
}

Result<HostFacts> facts_of(const ShellRun& run, const FactsRequest& request) {
  return read_facts("one", request, run.reader, run.events);
}

// "taken 3"
int taken(const ShellRun& run) {
  const std::string text = run.told("lock").value_or("nothing was told");
  INFO(run.text);
  REQUIRE(text.starts_with("taken "));
  return std::atoi(text.c_str() + 6);
}

// Hands the rollout's wishes to the host, one after another, and tells it what came of them.
class Driver {
 public:
  Driver(TortureHost& host, const Config& config, const DeployOptions& options)
      : host_(host), config_(config), options_(options) {}

  DeployResult drive(Rollout& rollout) {
    TimePoint now{};
    std::vector<RolloutEvent> events;
    while (!rollout.finished() && !done_.client_died) {
      const std::vector<RolloutAction> actions = rollout.step(now, std::exchange(events, {}));
      for (const RolloutAction& action : actions)
        std::visit([&](const auto& wish) { perform(wish, events); }, action);
      now += std::chrono::seconds(1);
      if (rollout.wake_at()) now = std::max(now, *rollout.wake_at());
    }
    done_.result = rollout.result();
    return std::move(done_);
  }

 private:
  void perform(const RunScript& wish, std::vector<RolloutEvent>& events) {
    ShellRun run = host_.run(wish.script, options_.run);
    for (const ScriptEvent& event : run.events) {
      events.emplace_back(ScriptProgress{"one", event});
      const auto at = static_cast<size_t>(event.section);
      if (event.kind == ScriptEvent::Kind::ended && event.status == 0 &&
          at < wish.script.sections.size())
        done_.succeeded.insert(wish.script.sections[at].name);
    }
    events.emplace_back(ScriptEnded{"one", run.outcome, run.events, run.outputs});
    if (std::holds_alternative<Lost>(run.outcome) && options_.client_dies_too)
      done_.client_died = true;
    done_.runs.push_back(std::move(run));
  }
  void perform(const ReadFacts& wish, std::vector<RolloutEvent>& events) {
    events.emplace_back(FactsArrived{
        "one", read_host(host_, config_, wish.end_scripts, {.pace = options_.run.pace})});
  }
  void perform(const Abandon&, std::vector<RolloutEvent>&) {}

  TortureHost& host_;
  const Config& config_;
  const DeployOptions& options_;
  DeployResult done_;
};

ServiceConfig service_of(Kind kind, int replicas, const std::string& version) {
  ServiceConfig service;
  service.name = kService;
  service.image = "app:" + version;
  service.hosts = {"one"};
  service.replicas = replicas;
  service.environment = {{"PLAIN", kHardValue}};
  service.secrets = {"TOKEN"};
  service.drain_timeout = Duration(1'000);
  HealthcheckConfig health;
  health.deploy_timeout = Duration(300);
  health.interval = Duration(100);
  if (kind == Kind::worker) {
    health.command = "test -e /ready";
  } else {
    service.route.emplace();
    service.route->app_port = 3000;
    service.route->hosts = {"shop.example"};
    health.path = "/health";
  }
  service.healthcheck = health;
  service.stop_first = kind == Kind::stop_first;
  return service;
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::proxied:
      return "proxied";
    case Kind::stop_first:
      return "stop-first";
    case Kind::worker:
      break;
  }
  return "worker";
}

Config make_config(Kind kind, int replicas, const std::string& version) {
  Config config;
  config.file = "deploy.yml";
  config.project = "shop";
  config.proxy.http_port = 18080;
  config.proxy.https_port = 18443;
  ServerConfig server;
  server.name = "one";
  server.host = "localhost";
  config.servers = {server};
  config.services = {service_of(kind, replicas, version)};
  return config;
}

HostFacts read_host(const TortureHost& host, const Config& config, bool end_scripts,
                    const RunOptions& options) {
  FactsRequest request = request_for(config);
  request.end_scripts = end_scripts;
  const ShellRun run = host.run(facts_script(request), options);
  const Result<HostFacts> facts = facts_of(run, request);
  INFO(run.text);
  REQUIRE(facts.has_value());
  return *facts;
}

DeployResult deploy(TortureHost& host, const Config& config, const std::string& release,
                    const DeployOptions& options) {
  FactsRequest request = request_for(config);
  request.lock = holder();
  const ShellRun probe = host.run(facts_script(request), {.shell = options.run.shell});
  const int generation = taken(probe);
  const Result<HostFacts> facts = facts_of(probe, request);
  REQUIRE(facts.has_value());
  const std::map<std::string, HostFacts> all{{"one", *facts}};
  Plan plan = make_plan({config, all, {}, host.secrets, release, "salt-of-the-host"});
  const ReleaseRecord record = plan.record;
  Rollout rollout(std::move(plan), {config, all, {{"one", generation}}, record});
  const int calls = host.calls();
  DeployResult result = Driver(host, config, options).drive(rollout);
  result.calls_of_probe = calls;
  return result;
}

std::string story(const DeployResult& result) {
  std::string text = result.result.error ? to_string(*result.result.error) : "it went well";
  for (const std::string& warning : result.result.warnings) text += "\nwarning: " + warning;
  for (const ShellRun& run : result.runs) text += "\n-- a script printed:\n" + run.text;
  return text;
}

DeployResult must_deploy(TortureHost& host, const Config& config, const std::string& release,
                         const DeployOptions& options) {
  DeployResult result = deploy(host, config, release, options);
  INFO(story(result));
  REQUIRE_FALSE(result.result.error.has_value());
  REQUIRE(result.result.warnings.empty());
  return result;
}

std::vector<ShellRun> settle(TortureHost& host, const Config& config, const RunOptions& options) {
  const HostFacts facts = read_host(host, config, true, {.pace = options.pace});
  const Layout layout{facts.state_root, identity_of(config)};
  Script lock;
  lock.sections = {take_lock(layout, facts.lock.generation, holder())};
  const int generation = taken(host.run(lock, {}));
  Script script;
  script.fence = Fence{layout.lock_folder(), generation};
  script.journal = Journal{layout.journal(), layout.spool("recover.1"), "recover.1"};
  for (Step& step : recover({config, facts, std::nullopt}).steps)
    script.sections.push_back(std::move(step.section));
  script.sections.push_back(release_lock(layout, generation));
  std::vector<ShellRun> runs;
  runs.push_back(host.run(script, options));
  return runs;
}

std::set<std::string> ids_of(const TortureHost& host, const std::string& release) {
  std::set<std::string> ids;
  for (const std::string& line : host.lines_of("events")) {
    const std::vector<std::string> words = split_words(line);
    if (words.size() == 4 && words[0] == "run" && words[3] == release) ids.insert(words[1]);
  }
  return ids;
}

std::string live_release(const TortureHost& host, const Config& config) {
  return find_live_set(read_host(host, config, false), identity_of(config), kService).release;
}

std::vector<std::string> what_is_not_at_rest(const TortureHost& host, const Config& config) {
  std::vector<std::string> wrong;
  const auto expect = [&](bool right, const std::string& text) {
    if (!right) wrong.push_back(text);
  };
  const HostFacts facts = read_host(host, config, false);
  const Identity identity = identity_of(config);
  const ServiceConfig& service = config.services.front();
  const LiveSet set = find_live_set(facts, identity, service.name);
  for (const ContainerFacts& container : set.others)
    wrong.push_back("left over: " + container.name);
  expect(what_is_wrong(set, service.replicas).empty(), what_is_wrong(set, service.replicas));
  expect(!set.live.empty(), "nothing is live");
  for (const ContainerFacts& container : set.live) {
    expect(container.name == identity.container_name(service.name, replica_of(container)),
           "a live container is called " + container.name);
    expect(container.restart_policy == "unless-stopped",
           container.name + " has the policy " + container.restart_policy);
  }
  expect(facts.live.contains(service.name) && facts.live.at(service.name) == set.release,
         "the commit file does not name the live release");
  if (is_routed(service)) {
    const std::vector<std::string> served = host.lines_of("served");
    expect(!served.empty() && served.back().ends_with(" yes"), "a request would not be answered");
  }
  const nlohmann::json stranger = host.engine_state()["containers"][0];
  expect(stranger["name"] == "somebody-elses" && stranger["state"] == "running" &&
             stranger["policy"] == "always",
         "somebody else's container was touched");
  for (const std::string& line : host.lines_of("unknown")) wrong.push_back("unknown call " + line);
  return wrong;
}

}  // namespace torture
