#include "host.hpp"

#include "shell.hpp"
#include "support/fake_engine/first_state.hpp"

#include "segue/host/layout.hpp"

#include <algorithm>
#include <utility>

namespace sim {
namespace {

using fake::json;

constexpr Microseconds kRestart = 2'000'000;               // of an engine
constexpr Microseconds kUntilSomebodyLooks = 900'000'000;  // and restarts an engine that hangs

// How long an engine takes: measured on small hosts, in the right order of size.
Microseconds time_for(const std::vector<std::string>& arguments) {
  const std::string verb = arguments.empty() ? "" : arguments.front();
  if (verb == "run") return 1'000'000;
  if (verb == "stop" || verb == "start") return 200'000;
  const bool drains = arguments.size() > 5 && arguments[5] == "drain";
  if (verb == "exec") return drains ? 250'000 : 60'000;  // two readings that are 100 ms apart
  return 20'000;
}

}  // namespace

Host::Host(Kernel& kernel, const std::string& name) : machine(kernel, name) {
  add_core_programs(machine);
  machine.programs["docker"] = [this](Call& call) { return engine_client(call); };
  machine.files.make_folders(segue::kDefaultStateRoot);
  state = fake::first_state(segue::kDefaultStateRoot);
  // Version v9 is v2, but on the second host it never gets healthy.
  state["images"]["app:v9"] = {{"id", name == "two" ? "sha256:bad" : "sha256:v2"}};
}

struct Host::Order {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  fake::Answer answer;
  bool done = false;
};

int Host::engine_client(Call& call) {
  if (engine_is_down()) {
    call.error.write("Cannot connect to the Docker daemon. Is the docker daemon running?\n");
    return 1;
  }
  if (troubles.hangs > 0) return hang(call);
  if (troubles.fails > 0) {
    --troubles.fails;
    call.error.write("Error response from daemon: write /var/lib: input/output error\n");
    return 1;
  }
  const auto order = std::make_shared<Order>();
  order->arguments.assign(call.argv.begin() + 1, call.argv.end());
  order->environment = call.environment;
  const ProcessPointer work =
      machine.kernel.spawn(engine_group_, [this, order](Process&) { return carry_out(*order); });
  engine_group_ = work->group;
  call.shell.event("(docker has been asked)");  // who dies now does not take the order back
  machine.kernel.wait_until([order, work] { return order->done || work->finished; });
  const std::vector<std::string>& words = order->arguments;
  const bool probes = words.size() > 6 && words[5] == "probe";
  if (probes && order->answer.status == 75)
    machine.kernel.pause(std::max(1, std::atoi(words[6].c_str())) * Microseconds{10'000});
  call.error.write(order->answer.error);
  call.out.write(order->answer.text);
  return order->done ? order->answer.status : 125;
}

int Host::carry_out(Order& order) {
  machine.kernel.pause(time_for(order.arguments) +
                       static_cast<Microseconds>(machine.kernel.random(20'000)));
  environment_ = &order.environment;
  order.answer = fake::do_command(*this, order.arguments);
  environment_ = nullptr;
  order.done = changed = true;
  return 0;
}

int Host::hang(Call& call) {
  --troubles.hangs;
  call.shell.event("(docker hangs)");
  const bool limited = call.limit >= 0 && call.limit < kUntilSomebodyLooks;
  machine.kernel.pause(limited ? call.limit : kUntilSomebodyLooks);
  return limited ? 124 : 1;
}

void Host::look_who_serves() {
  silent.clear();
  if (engine_is_down()) return;  // the gap is the engine's
  if (container("segue-proxy") != nullptr) fake::note_what_serves(*this);
}

void Host::restart_engine() {
  engine_is_up_at_ = machine.kernel.now() + kRestart;
  const int orders = std::exchange(engine_group_, 0);
  for (json& container : state["containers"]) {
    if (container["state"] != "running") continue;
    const bool comes_back =
        container["policy"] == "always" || container["policy"] == "unless-stopped";
    if (!comes_back) container["state"] = "exited";
  }
  if (orders != 0) machine.kernel.kill_group(orders);
}

void Host::restart_proxy() {
  if (container("segue-proxy") == nullptr) return;
  const std::string file = std::string(segue::kDefaultStateRoot) + "/proxy/caddy.json";
  state["loaded"] = json::parse(read(file), nullptr, false);
  changed = true;
}

void Host::crash_a_container() {
  std::vector<json*> running;
  for (json& container : state["containers"])
    if (container["state"] == "running" && container["name"] != "segue-proxy")
      running.push_back(&container);
  json& struck = *running.at(machine.kernel.random(running.size()));
  const bool comes_back = struck["policy"] == "always" || struck["policy"] == "unless-stopped";
  if (comes_back)
    struck["restarts"] = struck.value("restarts", 0) + 1;
  else
    struck["state"] = "exited";
}

void Host::lose_power() {
  std::vector<int> groups;
  for (const auto& [pid, since] : machine.scripts) groups.push_back(pid);
  machine.boot_id += "+";
  machine.booted_at = machine.kernel.now() - 20'000'000;
  restart_engine();
  machine.kernel.kill_groups(groups);
}

void Host::mend() {
  troubles = {};
  machine.files.disk_is_full = false;
}

bool Host::scripts_run() const {
  return std::any_of(machine.scripts.begin(), machine.scripts.end(),
                     [&](const auto& script) { return machine.kernel.group_lives(script.first); });
}

void Host::save() {
  saved_files_ = machine.files;
  saved_state_ = state;
  saved_boot_ = machine.boot_id;
  saved_booted_at_ = machine.booted_at;
}

void Host::restore() {
  machine.files = saved_files_;
  state = saved_state_;
  machine.boot_id = saved_boot_;
  machine.booted_at = saved_booted_at_;
  machine.scripts.clear();
  machine.clock_is_off_by = 0;
  mend();
  engine_is_up_at_ = 0;
  engine_group_ = 0;
  switched.clear();
  effects.clear();
  unknown.clear();
}

void Host::append(const std::string& file, const std::string& text) {
  if (file == "events")
    effects.push_back(text);
  else if (file == "unknown")
    unknown.push_back(text);
  if (file != "served") return;
  const std::string route = text.substr(0, text.rfind(' '));
  if (text.ends_with(" yes"))
    served.insert(route);
  else if (served.contains(route))
    silent.push_back(route);
}

bool Host::exists(const std::string& path) const {
  return machine.files.exists(path);
}

std::string Host::read(const std::string& path) const {
  return machine.files.read(path).value_or("");
}

std::optional<std::string> Host::variable(const std::string& name) const {
  const auto it = environment_->find(name);
  if (it == environment_->end()) return std::nullopt;
  return it->second;
}

}  // namespace sim
