#include "scenario.hpp"

#include "segue/base/text.hpp"
#include "segue/host/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace sim {
namespace {

using segue::ExitStatus;
using segue::FinalState;

constexpr const char* kSecret =
    "~a-secret-of-some-length";  // a rare letter first: it is looked for often

// What deploy_yml grants the roll of one service, and two defaults: how long a line may be silent
// before it counts as dead, and for how long an owner whose end nobody can see keeps the lock.
constexpr Microseconds kOneRoll = (3 + 2 + 10) * 1'000'000LL;  // gate, drain, stop
constexpr Microseconds kServices = 2;
constexpr Microseconds kSilence = 300 * 1'000'000LL;
constexpr Microseconds kLease = 600 * 1'000'000LL;

std::string deploy_yml(const Setting& setting, const std::string& version) {
  return fmt::format(R"(project: shop
servers:
  one: {{host: one.example}}
  two: {{host: two.example}}
rollout: {{on_failure: {2}}}
services:
  web:
    image: app:{0}
    hosts: [{1}]
    environment: {{clear: {{PLAIN: value}}, secrets: [TOKEN]}}
    proxy: {{host: shop.example, app_port: 3000}}
    healthcheck: {{path: /health, deploy_timeout: 3s, interval: 1s}}
    drain_timeout: 2s
    retain: {3}
  worker:
    image: app:{0}
    hosts: [{1}]
    healthcheck: {{cmd: test -e /ready, deploy_timeout: 3s, interval: 1s}}
    retain: {3}
)",
                     version, setting.hosts, setting.on_failure, setting.retain);
}

// The image that a version is on a host.
std::string image_of(const std::string& version, const Host& host) {
  if (version != "v9") return "sha256:" + version;
  return host.machine.name == "two" ? "sha256:bad" : "sha256:v2";
}

bool lock_is_held(const Host& host) {
  const std::string folder = std::string(segue::kDefaultStateRoot) + "/projects/shop/lock";
  int highest = 0;
  for (const std::string& name : host.machine.files.names_in(folder))
    highest = std::max(highest, std::atoi(name.c_str()));
  return highest > 0 && !host.exists(fmt::format("{}/{}.released", folder, highest));
}

void in_time(const std::string& who, const ClientEnd& end, Microseconds longest,
             std::vector<std::string>& wrong) {
  if (end.took > longest)
    wrong.push_back(fmt::format("{} took {} s, and its deadlines add up to {} s", who,
                                end.took / 1'000'000, longest / 1'000'000));
}

bool any_kills_client(const Attempt& attempt) {
  return std::any_of(attempt.strikes.begin(), attempt.strikes.end(),
                     [](const Strike& strike) { return strike.fault->kills_client; });
}

// A release that fails as well can't be helped, but it must be said.
bool tells_of_lock(const ClientEnd& end, const std::string& host) {
  return std::any_of(end.output.begin(), end.output.end(), [&](const std::string& line) {
    return line.find(host + ": nobody has told whether the lock was taken") != std::string::npos ||
           line.find(host + ": the lock could not be released") != std::string::npos;
  });
}

}  // namespace

Scenario::Scenario(Setting setting) : world({"one", "two"}, 1), setting_(std::move(setting)) {
  world.secret = kSecret;
  world.env_file = std::string("TOKEN=") + kSecret + "\n";
  const auto succeeded = [this](const ClientEnd& end) {
    if (end.status != ExitStatus::done || !world.broken.empty())
      throw std::runtime_error("it fails without a fault:\n" + story_);
  };
  if (!setting_.first.empty()) succeeded(deploy(setting_.first));
  succeeded(deploy("v1"));
  if (setting_.back) succeeded(deploy("v2"));
  world.save();
  world.restore();
  succeeded(attempt("v2"));
  events_ = world.events();
}

ClientEnd Scenario::deploy(const std::string& version) {
  world.deploy_file = deploy_yml(setting_, version);
  return play("deploy of " + version, [](segue::App& app) {
    segue::DeployOptions options;
    options.yes = true;
    options.initiator = "ada@laptop";
    options.lock_timeout = segue::Duration{3'600'000};
    return segue::deploy(app, options);
  });
}

ClientEnd Scenario::attempt(const std::string& version) {
  if (!setting_.back) return deploy(version);
  return play("rollback", [](segue::App& app) {
    segue::RollbackOptions options;
    options.release = "1";
    options.yes = true;
    options.initiator = "ada@laptop";
    options.lock_timeout = segue::Duration{3'600'000};
    return segue::rollback(app, options);
  });
}

ClientEnd Scenario::play(const std::string& what,
                         const std::function<ExitStatus(segue::App&)>& use) {
  ClientEnd end = world.run(use);
  story_ += fmt::format("--- a {} ", what);
  story_ +=
      end.status ? fmt::format("ended with {}\n", static_cast<int>(*end.status)) : "was killed\n";
  for (const std::string& line : end.output) story_ += line + "\n";
  if (!world.trace.empty()) story_ += segue::join(world.trace, "\n") + "\n";
  world.trace.clear();
  return end;
}

std::vector<std::string> Scenario::run(const Attempt& attempt) {
  world.restore(attempt.seed);
  story_.clear();
  for (const Strike& strike : attempt.strikes) {
    if (!strike.call.empty()) {
      story_ += fmt::format("{} before {}\n", strike.fault->name, strike.call);
      world.before(strike.call, strike.fault->strike);
      continue;
    }
    story_ += fmt::format("{} at event {}\n", strike.fault->name, strike.event);
    world.at(strike.event, strike.fault->strike);
  }
  const ClientEnd first = this->attempt(attempt.version);
  std::vector<std::string> wrong;
  const Microseconds others = world.beside() ? deadlines() : 0;
  const auto silences = static_cast<Microseconds>(attempt.strikes.size()) * kSilence;
  in_time("it", first, deadlines() + others + silences, wrong);
  judge(attempt, first, wrong);
  world.come_to_rest();
  outcome_ = outcome_of(first);
  if (attempt.moved) world.move_client_away();
  const ClientEnd second = deploy("v2");
  in_time("the next deploy", second, deadlines() + (attempt.moved ? kLease : 0), wrong);
  if (second.status != ExitStatus::done) wrong.push_back("the next deploy did not come to its end");
  for (std::string& one : not_deployed("v2")) wrong.push_back("afterwards " + one);
  for (const auto& [name, host] : world.hosts) {
    if (lock_is_held(*host)) wrong.push_back("afterwards the lock is held on " + name);
    if (host->scripts_run()) wrong.push_back("afterwards a script still runs on " + name);
  }
  wrong.insert(wrong.end(), world.broken.begin(), world.broken.end());
  return wrong;
}

std::string Scenario::outcome_of(const ClientEnd& end) {
  Host& host = *world.hosts.begin()->second;
  const fake::json* server = fake::who_serves(host, "shop.web");
  std::set<std::string> names;
  for (const auto& container : host.state["containers"]) {
    std::string name = container["name"].get<std::string>();
    if (!name.starts_with("shop-")) continue;
    if (const size_t old = name.find("_old_"); old != std::string::npos) name.resize(old + 4);
    if (container["state"] != "running") name += ":" + container["state"].get<std::string>();
    names.insert(name);
  }
  const std::string version =
      server == nullptr ? "nobody" : (*server)["image"].get<std::string>().substr(7);
  return fmt::format("{} | {} | {}",
                     end.status ? std::to_string(static_cast<int>(*end.status)) : "-", version,
                     segue::join({names.begin(), names.end()}, " "));
}

// The exit status tells the truth: all is new, or all is as before, or it is told what is where.
void Scenario::judge(const Attempt& attempt, const ClientEnd& end,
                     std::vector<std::string>& wrong) const {
  if (!end.status && !any_kills_client(attempt)) wrong.push_back("the client died of nothing");
  if (!end.status) return;
  if (attempt.strikes.empty() && (setting_.back || attempt.version == "v2") &&
      *end.status != ExitStatus::done)
    wrong.push_back("it did not succeed, although nothing happened");
  if (world.beside()) return;  // it has gone on from there
  if (*end.status == ExitStatus::partial) return judge_claims(attempt, end, wrong);
  for (const auto& [name, host] : world.hosts)
    if (lock_is_held(*host) && !tells_of_lock(end, name))
      wrong.push_back("it ended, and the lock is held on " + name);
  for (std::string& one :
       not_deployed(*end.status == ExitStatus::done ? target(attempt) : former()))
    wrong.push_back(
        fmt::format("although it ended with {}: {}", static_cast<int>(*end.status), one));
}

void Scenario::judge_claims(const Attempt& attempt, const ClientEnd& end,
                            std::vector<std::string>& wrong) const {
  for (const FinalState& state : end.states) {
    if (state.what == FinalState::What::unknown) continue;
    const Host& host = *world.hosts.at(state.host);
    const std::string claimed =
        image_of(state.what == FinalState::What::changed ? target(attempt) : former(), host);
    const std::string found = images_on(host)[state.service];
    if (found != claimed)
      wrong.push_back(fmt::format("it says that {} on {} runs {}, and it runs {}", state.service,
                                  state.host, claimed, found));
  }
}

// Service -> image of what runs under its name.
std::map<std::string, std::string> Scenario::images_on(const Host& host) const {
  std::map<std::string, std::string> images;
  for (const auto& container : host.state["containers"]) {
    const auto name = container["name"].get<std::string>();
    if (name.starts_with("shop-") && container["state"] == "running")
      images[name.substr(5)] = container["image"].get<std::string>();
  }
  return images;
}

// Every service of every host in turn, there and back.
Microseconds Scenario::deadlines() const {
  const auto hosts = std::count_if(world.hosts.begin(), world.hosts.end(),
                                   [this](const auto& host) { return takes_part(*host.second); });
  return 2 * hosts * kServices * kOneRoll;
}

bool Scenario::takes_part(const Host& host) const {
  return setting_.hosts.find(host.machine.name) != std::string::npos;
}

std::vector<std::string> Scenario::not_deployed(const std::string& version) const {
  std::vector<std::string> wrong;
  for (const auto& [name, host] : world.hosts) {
    for (std::string& one : not_at_rest(*host)) wrong.push_back(name + ": " + one);
    for (const auto& [service, image] : images_on(*host))
      if (image != image_of(version, *host))
        wrong.push_back(fmt::format("{}: {} is of the other version", name, service));
  }
  return wrong;
}

// Each service with one container under its name that runs and would come back, and nothing else.
std::vector<std::string> Scenario::not_at_rest(const Host& host) const {
  std::vector<std::string> wrong;
  std::map<std::string, int> count;
  for (const auto& container : host.state["containers"]) {
    const auto name = container["name"].get<std::string>();
    ++count[name];
    if (container["state"] != "running") wrong.push_back(name + " does not run");
    if (name.starts_with("shop-") && container["policy"] != "unless-stopped")
      wrong.push_back(name + " would not come back");
  }
  const std::map<std::string, int> all{
      {"shop-web", 1}, {"shop-worker", 1}, {"segue-proxy", 1}, {"somebody-elses", 1}};
  const std::map<std::string, int> none{{"somebody-elses", 1}};
  if (count != (takes_part(host) ? all : none)) {
    std::string text = "it has";
    for (const auto& [name, number] : count) text += fmt::format(" {} {}", number, name);
    wrong.push_back(text);
  }
  return wrong;
}

}  // namespace sim
