#include "faults.hpp"

#include "shell.hpp"

#include <stdexcept>

namespace sim {
namespace {

constexpr Microseconds kSlow = 5'000'000;
constexpr Microseconds kHour = 3'600'000'000;

Host& host_of(World& world, const Shell& shell) {
  return *world.hosts.at(shell.machine().name);
}

void kill_script(World& world, const Shell& shell) {
  world.kernel.kill_group(shell.process().group);
}

std::vector<KindOfFault> of_the_client() {
  return {
      {"kill -9 of the client", [](World& world, Shell&) { world.kill_client(); }, true},
      {"Ctrl-C", [](World& world, Shell&) { world.interrupt(); }},
      {"the client is killed, and the script with it",
       [](World& world, Shell& shell) {
         world.kill_client();
         kill_script(world, shell);
       },
       true},
      {"the client and the host lose their power",
       [](World& world, Shell& shell) {
         world.kill_client();
         host_of(world, shell).lose_power();
       },
       true},
      {"another client begins to deploy", [](World& world, Shell&) { world.start_beside(); }},
  };
}

std::vector<KindOfFault> of_the_line() {
  return {
      {"the connection is cut, and the script goes on",
       [](World& world, Shell& shell) { world.cut(shell.machine().name); }},
      {"the connection is cut, and the script is killed",
       [](World& world, Shell& shell) {
         world.cut(shell.machine().name);
         kill_script(world, shell);
       }},
      {"the next connection is refused",
       [](World& world, Shell& shell) { host_of(world, shell).troubles.refuses = 1; }},
      {"the next script is lost before it begins",
       [](World& world, Shell& shell) { host_of(world, shell).troubles.loses = 1; }},
      {"the line gets slow",
       [](World& world, Shell& shell) { host_of(world, shell).troubles.latency = kSlow; }},
  };
}

std::vector<KindOfFault> of_the_host() {
  return {
      {"the script is killed", [](World& world, Shell& shell) { kill_script(world, shell); }},
      {"the host loses its power",
       [](World& world, Shell& shell) {
         world.cut(shell.machine().name);
         host_of(world, shell).lose_power();
       }},
      {"the engine is restarted",
       [](World& world, Shell& shell) { host_of(world, shell).restart_engine(); }},
      {"the engine refuses an order",
       [](World& world, Shell& shell) { host_of(world, shell).troubles.fails = 1; }},
      {"the engine never answers an order",
       [](World& world, Shell& shell) { host_of(world, shell).troubles.hangs = 1; }},
      {"the disk is full", [](World&, Shell& shell) { shell.machine().files.disk_is_full = true; }},
      {"a container crashes",
       [](World& world, Shell& shell) { host_of(world, shell).crash_a_container(); }},
      {"the proxy is restarted",
       [](World& world, Shell& shell) { host_of(world, shell).restart_proxy(); }},
      {"the clock jumps back",
       [](World&, Shell& shell) { shell.machine().clock_is_off_by -= kHour; }},
      {"the clock jumps ahead",
       [](World&, Shell& shell) { shell.machine().clock_is_off_by += kHour; }},
  };
}

}  // namespace

const std::vector<KindOfFault>& kinds_of_faults() {
  static const std::vector<KindOfFault> kinds = [] {
    std::vector<KindOfFault> all = of_the_client();
    for (auto& kind : of_the_line()) all.push_back(std::move(kind));
    for (auto& kind : of_the_host()) all.push_back(std::move(kind));
    return all;
  }();
  return kinds;
}

const KindOfFault& fault_named(const std::string& name) {
  for (const KindOfFault& kind : kinds_of_faults())
    if (kind.name == name) return kind;
  throw std::logic_error("no fault is called: " + name);
}

}  // namespace sim
