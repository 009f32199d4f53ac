// A host in memory: a machine whose program `docker` is a client of an engine that is there too.
// An order that has reached the engine is carried out even when its client is dead by then.
//   Host host(kernel, "one");
#pragma once
#include "machine.hpp"
#include "support/fake_engine/world.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace sim {

// What goes wrong with a host from now on, each so many times.
struct Troubles {
  int refuses = 0;  // connections
  int loses = 0;    // scripts, before they begin
  int fails = 0;    // orders to the engine, which does nothing then
  int hangs = 0;    // orders that are not carried out, and answered much later
  Microseconds latency = 2'000;
};

class Host : public fake::World {
 public:
  Host(Kernel& kernel, const std::string& name);

  Machine machine;
  std::vector<std::string> effects;  // of the engine: "run ID NAME RELEASE", "stop ID", ...
  std::vector<std::string> unknown;  // orders that the engine did not understand
  std::set<std::string> served;      // routes that somebody healthy has served
  std::vector<std::string> silent;   // those of them that nobody does, as of the last look
  bool changed = false;              // since the last look
  Troubles troubles;
  std::map<std::string, Microseconds> switched;  // service -> when its traffic was last switched

  void look_who_serves();
  void restart_engine();  // down for a while; what has no restart policy does not come back
  bool engine_is_down() const { return machine.kernel.now() < engine_is_up_at_; }
  void restart_proxy();      // it reads its configuration from the disk
  void crash_a_container();  // any but the proxy
  void lose_power();         // of the engine's restart, and every process is gone
  void mend();               // nothing more goes wrong
  bool scripts_run() const;
  void save();
  void restore();

  // --- what the engine needs of us
  void append(const std::string& file, const std::string& text) override;
  bool exists(const std::string& path) const override;
  std::string read(const std::string& path) const override;
  std::optional<std::string> variable(const std::string& name) const override;

 private:
  struct Order;
  int engine_client(Call& call);
  int carry_out(Order& order);
  int hang(Call& call);

  const std::map<std::string, std::string>* environment_ = nullptr;
  Microseconds engine_is_up_at_ = 0;
  int engine_group_ = 0;  // of what it does for its clients; 0: nothing was asked yet
  Files saved_files_;
  fake::json saved_state_;
  std::string saved_boot_;
  Microseconds saved_booted_at_ = 0;
};

}  // namespace sim
