// Asks a service for answers until told to stop, and says what failed: see options.cpp.
// Exit status 0 when nothing failed, 1 when something did, 2 for a wrong command line.
#include "http_client.hpp"
#include "websocket_client.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <deque>
#include <fstream>
#include <memory>

namespace segue {
namespace {

constexpr std::chrono::milliseconds kTick{5};

volatile std::sig_atomic_t interrupted = 0;
void on_signal(int) {
  interrupted = 1;
}

class Load {
 public:
  explicit Load(const LoadOptions& options) : options_(options) { make_clients(); }
  ~Load() { ::close(epoll_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  const Tally& run();

 private:
  void make_clients();
  void turn();
  void start_clients(LoadClock::time_point now);
  void on_tick(LoadClock::time_point now);
  bool is_over(LoadClock::time_point now) const;
  void mark_started();
  bool anybody_busy() const;

  const LoadOptions& options_;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const LoadClock::time_point started_ = LoadClock::now();
  Tally tally_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::deque<Client*> ready_;
  LoadClock::time_point next_tick_{};
  LoadClock::time_point last_credit_ = started_;
  double credit_ = 0;  // requests that the rate allows now
  std::size_t ticks_ = 0;
  bool stopping_ = false;
  bool marked_ = false;
};

void Load::make_clients() {
  std::size_t next_target = 0;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (int i = 0; i < options_.clients[kind]; ++i) {
      const sockaddr_in target = options_.targets[next_target++ % options_.targets.size()];
      if (static_cast<Kind>(kind) == Kind::websocket) {
        clients_.push_back(
            std::make_unique<WebsocketClient>(Kind::websocket, options_, tally_, epoll_, target));
      } else {
        clients_.push_back(std::make_unique<HttpClient>(static_cast<Kind>(kind), options_, tally_,
                                                        epoll_, target));
      }
    }
  }
}

bool Load::is_over(LoadClock::time_point now) const {
  return interrupted != 0 ||
         (options_.duration.count() > 0 && now - started_ >= options_.duration) ||
         (!options_.until_file.empty() && ::access(options_.until_file.c_str(), F_OK) == 0);
}

bool Load::anybody_busy() const {
  return std::any_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client->is_busy(); });
}

const Tally& Load::run() {
  while (!stopping_ || anybody_busy()) turn();
  return tally_;
}

void Load::turn() {
  std::array<epoll_event, 256> events;  // NOLINT: filled by epoll_wait
  const int wait = ready_.empty() || options_.rate > 0 ? 1 : 0;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    auto* client = static_cast<Client*>(event.data.ptr);
    const bool was_busy = client->is_busy();
    client->on_event(event.events);
    if (was_busy && client->may_start(LoadClock::now())) ready_.push_back(client);
  }
  const auto now = LoadClock::now();
  if (now >= next_tick_) on_tick(now);
  if (!stopping_) start_clients(now);
}

void Load::on_tick(LoadClock::time_point now) {
  next_tick_ = now + kTick;
  if (!marked_) mark_started();
  if (!stopping_ && is_over(now)) {
    stopping_ = true;
    for (const auto& client : clients_) client->finish();
  }
  ready_.clear();
  for (const auto& client : clients_) {
    client->on_time(now);
    if (client->may_start(now)) ready_.push_back(client.get());
  }
  // A limited rate must not always go to the first ones: each tick starts with another client.
  if (ready_.empty()) return;
  const auto first = static_cast<std::ptrdiff_t>(ticks_++ % ready_.size());
  std::rotate(ready_.begin(), ready_.begin() + first, ready_.end());
}

void Load::start_clients(LoadClock::time_point now) {
  if (options_.rate > 0) {
    const std::chrono::duration<double> elapsed = now - last_credit_;
    credit_ = std::min(credit_ + elapsed.count() * options_.rate, options_.rate / 20 + 1);
  }
  last_credit_ = now;
  for (std::size_t left = ready_.size(); left > 0; --left) {
    if (options_.rate > 0 && credit_ < 1) return;
    Client* client = ready_.front();
    ready_.pop_front();
    if (!client->may_start(now)) continue;
    credit_ -= 1;
    client->start();
  }
}

void Load::mark_started() {
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    if (options_.clients[kind] > 0 && !tally_.has_answer(static_cast<Kind>(kind))) return;
  }
  marked_ = true;
  if (!options_.started_file.empty()) std::ofstream(options_.started_file) << "started\n";
}

}  // namespace
}  // namespace segue

int main(int argc, char** argv) {
  const auto parsed = segue::parse_load_options(argc, argv);
  if (const auto* text = std::get_if<std::string>(&parsed)) {
    std::fprintf(stderr, "%s\n", text->c_str());
    return 2;
  }
  std::signal(SIGINT, segue::on_signal);
  std::signal(SIGTERM, segue::on_signal);
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  const auto& options = std::get<segue::LoadOptions>(parsed);
  segue::Load load(options);
  const segue::Tally& tally = load.run();
  if (!options.json_file.empty()) std::ofstream(options.json_file) << tally.json() << "\n";
  std::printf("%s\n%s\n", tally.json().c_str(), tally.report().c_str());
  return tally.failures() == 0 && tally.requests() > 0 ? 0 : 1;
}
