#include "world.hpp"

#include "chance.hpp"
#include "shell.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

namespace sim {
namespace {

constexpr Microseconds kLongestSilence = 300'000'000;  // ssh.command_timeout
constexpr Microseconds kInFlight = 200'000;            // rules D3
constexpr Microseconds kUntilAllIsUp = 10'000'000;
constexpr Microseconds kForEver = 3'600'000'000;  // longer than any sum of deadlines
constexpr std::string_view kNonce = "segue_nonce=";
constexpr long long kFirstDay = 1'780'000'000;  // in seconds since 1970
constexpr Microseconds kStartOfTime = 1'000'000'000;

std::string machine_text(const std::string& value) {
  return "\"owner_machine\":\"" + value + "\"";
}

std::string start_time_text(const std::string& value) {
  return "\"owner_start_time\":\"" + value + "\"";
}

// What holder files call the process of this program.
std::string own_start_time() {
  static const std::string text =
      std::to_string(segue::process_start_time(segue::current_process_id()).value_or(0));
  return text;
}

bool is_order(const std::string& what) {
  return what.starts_with("docker ") || segue::contains(what, "/usr/bin/docker ");
}

}  // namespace

// One client's way to the hosts. All clients are this one process; so that a dead one can be told
// from a living one, holder files on the hosts name their start times by turns, and whoever reads
// them is told one that is right for the living only.
class World::Connection : public segue::Transport {
 public:
  Connection(World& world, Client& client) : world_(world), client_(client) {
    client_.connection = this;
  }
  ~Connection() override { client_.connection = nullptr; }

  using Transport::start;
  void start(segue::Ticket ticket, const std::string& name, std::string script,
             segue::DataReader data) override {
    if (data) world_.forbid("data was sent: the hosts in memory can't read any");
    Host& host = *world_.hosts.at(name);
    script = segue::replace_all(std::move(script), start_time_text(own_start_time()),
                                start_time_text(fmt::format("client-{}", client_.number)));
    if (world_.forge) script = world_.forge(std::move(script));
    auto link = std::make_shared<Link>(Link{ticket, name, world_.kernel.now()});
    if (world_.calls_losses_successes) link->nonce = nonce_of(script);
    links_.push_back(link);
    world_.kernel.spawn(
        0, [&world = world_, &host, inbox = inbox_, link, text = std::move(script)](Process&) {
          Line{world, host, inbox, link}.carry(text);
          return 0;
        });
  }

  void cancel(segue::Ticket ticket) override {
    for (const auto& link : links_)
      if (link->ticket == ticket) link->cut = true;
  }

  void poll(segue::TimePoint deadline, std::vector<segue::TransportEvent>& events) override {
    const auto until =
        std::chrono::duration_cast<std::chrono::microseconds>(deadline.time_since_epoch());
    world_.kernel.wait_until([this] { return !inbox_->empty() || interrupted_; }, until.count());
    interrupted_ = false;
    events.insert(events.end(), std::make_move_iterator(inbox_->begin()),
                  std::make_move_iterator(inbox_->end()));
    inbox_->clear();
  }

  segue::TimePoint now() const override {
    return segue::TimePoint(std::chrono::microseconds(world_.kernel.now()));
  }

  void wake() { interrupted_ = true; }
  void cut(const std::string& host) {
    for (const auto& link : links_)
      if (link->host == host && !link->cut) lose(*inbox_, *link, "the line is dead");
  }
  void cut_all() {
    for (const auto& link : links_) link->cut = true;
  }

 private:
  using Inbox = std::vector<segue::TransportEvent>;
  struct Link {
    segue::Ticket ticket;
    std::string host;
    Microseconds heard = 0;  // when it last said something
    bool cut = false;
    std::string nonce{};  // of a script that is called a success when it is lost
  };

  static std::string nonce_of(const std::string& script) {
    const size_t begin = script.find(kNonce) + kNonce.size();
    return script.substr(begin, script.find('\n', begin) - begin);
  }

  static void lose(Inbox& inbox, Link& link, const std::string& why) {
    link.cut = true;
    segue::Outcome outcome{segue::Lost{why}};
    if (!link.nonce.empty()) {
      inbox.push_back(
          {link.ticket, link.host, segue::Output{fmt::format("\n@{} done 0\n", link.nonce)}});
      outcome = segue::Exited{0};
    }
    inbox.push_back({link.ticket, link.host, std::move(outcome)});
  }

  // What a script says, on its way to the client.
  class Output : public Stream {
   public:
    Output(World& world, std::shared_ptr<Inbox> inbox, std::shared_ptr<Link> link)
        : world_(world), inbox_(std::move(inbox)), link_(std::move(link)) {}
    bool write(std::string_view text) override {
      if (link_->cut) return false;
      link_->heard = world_.kernel.now();
      std::string bytes(text);
      if (!world_.secret.empty() && bytes.find(world_.secret) != std::string::npos)
        world_.forbid("a secret is seen in what a script says");
      inbox_->push_back({link_->ticket, link_->host, segue::Output{world_.told(std::move(bytes))}});
      return true;
    }
    bool is_broken() const override { return link_->cut; }

   private:
    World& world_;
    std::shared_ptr<Inbox> inbox_;
    std::shared_ptr<Link> link_;
  };

  // One script on one host, from the connection to its end.
  struct Line {
    World& world;
    Host& host;
    std::shared_ptr<Inbox> inbox;
    std::shared_ptr<Link> link;

    void carry(const std::string& text) {
      Kernel& kernel = world.kernel;
      kernel.pause(host.troubles.latency);
      if (link->cut) return;
      if (host.troubles.refuses > 0) {
        --host.troubles.refuses;
        return end(segue::NotStarted{
            {segue::Code::unreachable, host.machine.name + ": connection refused", {}, {}, {}}});
      }
      if (host.troubles.loses > 0) {
        --host.troubles.loses;
        return lose(*inbox, *link, "the line is dead");
      }
      const auto output = std::make_shared<Output>(world, inbox, link);
      const ProcessPointer script = start_script(host.machine, text, output);
      while (!script->finished) {
        const auto ended = [&] { return script->finished || link->cut; };
        if (link->cut)
          kernel.wait_until([&] { return script->finished; });
        else
          kernel.wait_until(ended, link->heard + kLongestSilence);
        if (!ended() && kernel.now() >= link->heard + kLongestSilence)
          lose(*inbox, *link, "no sign of life");
      }
      host.machine.scripts.erase(script->pid);
      if (link->cut) return;
      if (script->killed) return end(segue::Signaled{"KILL"});
      end(segue::Exited{script->status});
    }
    void end(segue::Outcome outcome) {
      link->cut = true;
      inbox->push_back({link->ticket, link->host, std::move(outcome)});
    }
  };

  World& world_;
  Client& client_;
  bool interrupted_ = false;
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::vector<std::shared_ptr<Link>> links_;
};

World::World(const std::vector<std::string>& names, unsigned long long seed) : kernel(seed) {
  kernel.set_now(kStartOfTime);
  for (const std::string& name : names) {
    auto host = std::make_unique<Host>(kernel, name);
    Host& there = *host;
    there.machine.on_event = [this, &there](Shell& shell, const std::string& what) {
      on_event(there, shell, what);
    };
    hosts[name] = std::move(host);
  }
}

World::~World() = default;

World::Client& World::start() {
  Client& client = clients_.emplace_back();
  client.number = ++started_;
  begin_chance(static_cast<unsigned long long>(client.number) << 32);
  alive_[client.number] = true;
  client.process = kernel.spawn(0, [this, &client](Process&) {
    MemoryFiles files({{kDeployFile, deploy_file}, {kEnvFile, env_file}});
    ListingReporter reporter(client.end);
    segue::App app{{}, files, reporter, *signals_, "sim", nullptr};
    app.options.config_file = kDeployFile;
    app.connect = [this, &client](const std::vector<segue::Endpoint>&) {
      return std::make_unique<Connection>(*this, client);
    };
    const Microseconds began = kernel.now();
    client.end.status = use_case_(app);
    client.end.took = kernel.now() - began;
    return 0;
  });
  return client;
}

void World::start_beside() {
  if (clients_.size() == 1) start();
}

ClientEnd World::run(const UseCase& use_case) {
  signals_ = std::make_unique<segue::Signals>();
  beside_.reset();
  use_case_ = use_case;
  set_time_of_day([this] { return kFirstDay + kernel.now() / 1'000'000; });
  start();
  Microseconds end_of_patience = kernel.now() + kForEver;
  const auto too_long = [this, &end_of_patience] { return kernel.now() > end_of_patience; };
  kernel.run(too_long);
  for (Client& client : clients_) {
    if (!client.process->finished) forbid("a client waits for ever");
    kernel.kill(*client.process);
    alive_[client.number] = false;
  }
  end_of_patience = kernel.now() + kForEver;
  kernel.run(too_long);  // at least those that were killed end here
  if (too_long()) forbid("something goes on for ever");
  ClientEnd end = std::move(clients_.front().end);
  if (clients_.size() > 1) beside_ = std::move(clients_.back().end);
  clients_.clear();
  signals_ = nullptr;
  set_time_of_day(nullptr);
  check_at_the_end();
  return end;
}

void World::check_at_the_end() {
  for (const auto& [name, host] : hosts) {
    for (const std::string& order : host->unknown) forbid(name + ": unknown order " + order);
    if (!secret.empty() && host->machine.files.any_holds(secret))
      forbid(name + ": a secret is kept in a file");
    if (host->container("stranger") == nullptr ||
        (*host->container("stranger"))["policy"] != "always")
      forbid(name + ": somebody else's container was touched");
  }
}

// Holder files as the client that reads them is to understand them.
std::string World::told(std::string bytes) const {
  static const std::string mark = "\"owner_start_time\":\"client-";
  const void* found = ::memmem(bytes.data(), bytes.size(), mark.data(), mark.size());
  if (found == nullptr) return bytes;
  const auto at = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
  const auto client = alive_.find(std::atoi(bytes.c_str() + at + mark.size()));
  const bool alive = client != alive_.end() && client->second;
  const size_t begin = at + mark.size() - 7;
  bytes.replace(begin, bytes.find('"', begin) - begin, alive ? own_start_time() : "0");
  if (moved_)
    bytes = segue::replace_all(std::move(bytes), machine_text(segue::machine_id()),
                               machine_text("another"));
  return bytes;
}

void World::on_event(Host& host, Shell& shell, const std::string& what) {
  ++events_;
  if (traces)
    trace.push_back(fmt::format("{:5} {:9.3f} {} [{}] {}", events_,
                                static_cast<double>(kernel.now() - kStartOfTime) / 1e6,
                                host.machine.name, shell.process().pid, what.substr(0, 160)));
  if (awaited_.second && is_order(what) && segue::contains(what, awaited_.first))
    faults_[events_] = std::exchange(awaited_, {}).second;
  const auto fault = faults_.find(events_);
  if (fault != faults_.end()) {
    const Fault strike = fault->second;
    faults_.erase(fault);
    if (traces) trace.push_back("      ----- the fault strikes -----");
    strike(*this, shell);
  }
  const bool moves = what.starts_with("mv ");
  if (moves || is_order(what)) {
    check_owner(host, shell, what);
    check_drain(host, what);
  }
  if (std::exchange(host.changed, moves)) check(host, what);
  kernel.pause(200 + static_cast<Microseconds>(kernel.random(800)));
}

// What has been served once has to be served from then on.
void World::check(Host& host, const std::string& what) {
  host.look_who_serves();
  for (const std::string& route : host.silent)
    forbid(fmt::format("{}: nobody serves {} before event {}: {}", host.machine.name, route,
                       events_, what.substr(0, 100)));
}

// Requests may be in flight to a container for a while after its traffic was switched away.
void World::check_drain(Host& host, const std::string& what) {
  const std::vector<std::string> words = segue::split_words(what);
  static const std::string folder = "/proxy/slots/shop.";
  if (words.front() == "mv" && words.back().find(folder) != std::string::npos) {
    const std::string rest = words.back().substr(words.back().find(folder) + folder.size());
    host.switched[rest.substr(0, rest.find('/'))] = kernel.now();
  }
  if (words.size() < 3 || !words[0].ends_with("docker") || (words[1] != "stop" && words[1] != "rm"))
    return;
  for (const std::string& name : words) {
    fake::json* container = host.container(name);
    if (container == nullptr || (*container)["state"] != "running") continue;
    const auto at = host.switched.find((*container)["labels"].value("segue.service", ""));
    if (at != host.switched.end() && kernel.now() < at->second + kInFlight)
      forbid(
          fmt::format("{}: {} is ended while requests may be in flight", host.machine.name, name));
  }
}

// A script of an owner that is none any more must not change what the next one already works on.
void World::check_owner(const Host& host, const Shell& shell, const std::string& what) {
  static const std::vector<std::string> changes{
      "docker run",    "docker stop", "docker start",          "docker rename",
      "docker update", "docker rm",   "docker network connect"};
  const std::string plain = what.starts_with("/usr/bin/") ? what.substr(9) : what;
  if (std::none_of(changes.begin(), changes.end(),
                   [&](const std::string& change) { return plain.starts_with(change); }))
    return;
  const long long generation = std::atoll(shell.variable("segue_generation").c_str());
  long long& newest = changed_by_[host.machine.name];
  if (shell.variable("segue_lock").empty()) return;
  if (generation < newest)
    forbid(fmt::format("{}: the owner of lock {} changes it, after that of lock {}: {}",
                       host.machine.name, generation, newest, what.substr(0, 100)));
  newest = std::max(newest, generation);
}

void World::kill_client() {
  Client& client = clients_.front();
  alive_[client.number] = false;
  if (client.connection != nullptr) client.connection->cut_all();
  if (!client.process->finished) kernel.kill(*client.process);
}

void World::interrupt() {
  if (clients_.front().process->finished) return;
  std::raise(SIGINT);
  for (const Client& client : clients_)
    if (client.connection != nullptr) client.connection->wake();
}

void World::cut(const std::string& host) {
  for (const Client& client : clients_)
    if (client.connection != nullptr) client.connection->cut(host);
}

void World::come_to_rest() {
  kernel.set_now(kernel.now() + kUntilAllIsUp);
  faults_.clear();
  awaited_ = {};
  for (const auto& [name, host] : hosts) host->mend();
}

void World::save() {
  saved_now_ = kernel.now();
  for (const auto& [name, host] : hosts) host->save();
}

void World::restore(unsigned long long seed) {
  kernel.begin_again(saved_now_, seed);
  for (const auto& [name, host] : hosts) host->restore();
  faults_.clear();
  awaited_ = {};
  broken.clear();
  changed_by_.clear();
  alive_.clear();
  started_ = 0;
  moved_ = false;
  events_ = 0;
}

}  // namespace sim
