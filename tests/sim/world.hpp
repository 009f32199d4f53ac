// Hosts, the client and what happens to them. The client is the real program's use case, with the
// real planner, rollout and recovery, in a process of its own; only the transport is ours.
//   World world({"one", "two"}, seed);
//   world.deploy_file = "..."; world.env_file = "TOKEN=...";
//   world.at(17, [&] { world.kill_client(); });
//   const ClientEnd end = world.run([](segue::App& app) { return segue::deploy(app, {...}); });
#pragma once
#include "client.hpp"
#include "host.hpp"

#include "segue/app/app.hpp"

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sim {

class World {
 public:
  World(const std::vector<std::string>& names, unsigned long long seed);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Kernel kernel;
  std::map<std::string, std::unique_ptr<Host>> hosts;
  std::string deploy_file;
  std::string env_file;
  std::string secret;  // that must not be seen in anything that a host says or keeps
  bool traces = false;
  // The line tells the client of each script that it loses that it has succeeded.
  bool calls_losses_successes = false;
  std::vector<std::string> trace;
  std::vector<std::string> broken;  // rules that did not hold, each with where

  // Runs a use case to its end, and then whatever still goes on on the hosts.
  using UseCase = std::function<segue::ExitStatus(segue::App&)>;
  ClientEnd run(const UseCase& use_case);
  // Another client beside the one that runs, to do the same; once.
  void start_beside();
  const std::optional<ClientEnd>& beside() const { return beside_; }
  int events() const { return events_; }
  void count_from_zero() { events_ = 0; }
  // What happens just before the event with this number.
  using Fault = std::function<void(World&, Shell&)>;
  void at(int event, Fault fault) { faults_[event] = std::move(fault); }
  // What happens just before the first call of an engine that has this text.
  void before(const std::string& call, Fault fault) { awaited_ = {call, std::move(fault)}; }

  void save();
  void restore(unsigned long long seed = 1);
  void come_to_rest();  // nothing more goes wrong, and what is about to come up does
  // The client was on another machine: the next one can't know whether it still lives.
  void move_client_away() { moved_ = true; }

  // Changes every script before it arrives: how a test breaks a rule on purpose.
  using Forge = std::function<std::string(std::string)>;
  Forge forge;

  // --- faults
  void kill_client();
  void interrupt();
  void cut(
      const std::string& host);  // the connections; what runs there goes on, and nobody listens

 private:
  class Connection;  // a client's transport
  struct Client {
    int number = 0;
    ProcessPointer process;
    Connection* connection = nullptr;
    ClientEnd end;
  };
  Client& start();
  void forbid(const std::string& what) { broken.push_back(what); }
  void check_at_the_end();
  void on_event(Host& host, Shell& shell, const std::string& what);
  void check(Host& host, const std::string& what);
  void check_drain(Host& host, const std::string& what);
  void check_owner(const Host& host, const Shell& shell, const std::string& what);
  std::string told(std::string bytes) const;

  std::map<int, Fault> faults_;
  std::pair<std::string, Fault> awaited_;
  int events_ = 0;
  Microseconds saved_now_ = 0;
  int started_ = 0;            // clients, ever
  std::map<int, bool> alive_;  // by number
  bool moved_ = false;
  std::unique_ptr<segue::Signals> signals_;  // of this process, so of all clients
  UseCase use_case_;
  std::list<Client> clients_;  // that run, the struck one first
  std::optional<ClientEnd> beside_;
  std::map<std::string, long long> changed_by_;  // host -> newest generation that has changed it
};

}  // namespace sim
