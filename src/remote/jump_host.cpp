#include "jump_host.hpp"

#include "remote_errors.hpp"

#include "segue/os/debug_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace segue {
namespace {

struct SocketPair {
  Fd near_end;
  Fd far_end;
};

Result<SocketPair> make_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0)
    return tl::unexpected(
        unreachable("no socket for the way through a jump host: " + errno_text(errno),
                    "allow this process more open files (ulimit -n)"));
  SocketPair pair{Fd(ends[0]), Fd(ends[1])};
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    set_nonblocking(end);
  }
  return pair;
}

}  // namespace

Result<Passage> JumpHost::passage(const HostSettings& to, TimePoint now) {
  // A session that the server has closed in the meantime is noticed before anything is asked of it.
  if (session_ && tunnels_.empty() && session_->is_gone()) connection_lost("closed while idle");
  TRY_ASSIGN(SocketPair pair, make_socket_pair());
  auto state = std::make_shared<PassageState>();
  Passage passage{std::move(pair.near_end), state};
  if (failure_ && now < failure_->forget_at) {
    refuse(*state, *failure_);
    return passage;
  }
  state->waits_for = "waiting for the " + endpoint_.name;
  tunnels_.emplace_back(endpoint_.name, to, std::move(pair.far_end), std::move(state));
  busy_ = true;
  return passage;
}

void JumpHost::advance(TimePoint now) {
  busy_ = false;
  if (!session_ && (login_ || !tunnels_.empty())) log_in(now);
  if (session_) run_tunnels(now);
}

// It takes no place at the gate of all connections: whoever waits for it has one, and makes no
// connection meanwhile.
void JumpHost::log_in(TimePoint now) {
  if (!login_) login_ = std::make_unique<Login>(endpoint_, surroundings_, now);
  const Result<bool> done = login_->advance(now);
  if (done && !*done) {
    const std::string what = fmt::format("{} ({})", endpoint_.name, login_->phase_text());
    for (Tunnel& tunnel : tunnels_) tunnel.state().waits_for = "waiting for the " + what;
    return;
  }
  const std::unique_ptr<Login> finished = std::move(login_);
  if (!done) return fail_login(done.error(), *finished, now);
  session_ = finished->take_session();
  signs_.begin(endpoint_.keepalive, now);
  debug_log("{}: logged in", endpoint_.name);
}

void JumpHost::fail_login(const Error& error, const Login& login, TimePoint now) {
  debug_log("{}: {}", endpoint_.name, error.what);
  failure_ = Failure{error, login.reason_for_openssh(), login.was_refused(), now + kFailureHolds};
  failure_->error.what = fmt::format("{}: {}", endpoint_.name, error.what);
  if (!failure_->reason_for_openssh.empty())
    failure_->reason_for_openssh =
        fmt::format("{}: {}", endpoint_.name, failure_->reason_for_openssh);
  for (Tunnel& tunnel : tunnels_) {
    refuse(tunnel.state(), *failure_);
    tunnel.refuse(failure_->error);
  }
  remove_finished();
}

void JumpHost::refuse(PassageState& state, const Failure& failure) const {
  state.problem = failure.error;
  state.reason_for_openssh = failure.reason_for_openssh;
  state.refused = failure.refused;
}

void JumpHost::run_tunnels(TimePoint now) {
  if (stuck_ != nullptr) step(*stuck_, false);
  if (stuck_ != nullptr) return;
  if (!broken_ && stuck_ == nullptr) signs_.send(*session_, now);
  bool moved = true;
  for (int round = 0; moved && !broken_ && stuck_ == nullptr; ++round) {
    if (round == kReadsPerTurn) {
      busy_ = true;
      break;
    }
    begin_next(now);
    moved = run_round();
  }
  remove_finished();
  if (broken_) return connection_lost(session_->last_error());
  if (signs_.are_missing(*session_, now, is_listening()))
    connection_lost("it has not answered for " +
                    to_string(endpoint_.keepalive * (kSignsUnanswered + 1)));
}

// True: another round may move more. Whatever one of them takes from the connection may be for
// another one, so the last look is at what has arrived.
bool JumpHost::run_round() {
  bool moved = false;
  bool listen = true;
  for (Tunnel& tunnel : tunnels_) {
    if (tunnel.phase() == Tunnel::Phase::opening) continue;
    const bool listens = listen && tunnel.can_listen();
    listen = listen && !listens;
    moved = step(tunnel, listens) || moved;
    if (broken_ || stuck_ != nullptr) return false;
  }
  for (Tunnel& tunnel : tunnels_) {
    if (tunnel.phase() != Tunnel::Phase::opening) continue;
    moved = step(tunnel, false) || moved;
    if (broken_ || stuck_ != nullptr) return false;
    break;
  }
  return moved || std::any_of(tunnels_.begin(), tunnels_.end(),
                              [](const Tunnel& tunnel) { return tunnel.has_input(); });
}

// True: something was moved.
bool JumpHost::step(Tunnel& tunnel, bool listen) {
  const Tunnel::Step step = tunnel.advance(*session_, listen);
  stuck_ = step == Tunnel::Step::stuck ? &tunnel : nullptr;
  broken_ = broken_ || step == Tunnel::Step::broken;
  return step == Tunnel::Step::moved;
}

bool JumpHost::is_opening() const {
  return std::any_of(tunnels_.begin(), tunnels_.end(),
                     [](const Tunnel& tunnel) { return tunnel.phase() == Tunnel::Phase::opening; });
}

bool JumpHost::is_listening() const {
  return std::any_of(tunnels_.begin(), tunnels_.end(), [](const Tunnel& tunnel) {
    return tunnel.can_listen() || tunnel.phase() == Tunnel::Phase::opening ||
           tunnel.phase() == Tunnel::Phase::closing;
  });
}

void JumpHost::begin_next(TimePoint now) {
  if (is_opening()) return;
  for (auto at = tunnels_.begin(); at != tunnels_.end();) {
    if (at->phase() != Tunnel::Phase::waiting) {
      ++at;
      continue;
    }
    if (at->is_deserted()) {
      at = tunnels_.erase(at);
      continue;
    }
    at->begin(*session_, now);
    // Should its turn end without an answer, the next one is that of the others.
    return tunnels_.splice(tunnels_.end(), tunnels_, at);
  }
}

void JumpHost::remove_finished() {
  tunnels_.remove_if(
      [](const Tunnel& tunnel) { return tunnel.phase() == Tunnel::Phase::finished; });
}

void JumpHost::connection_lost(const std::string& why) {
  const std::string reason = fmt::format("{}: connection lost: {}", endpoint_.name, why);
  debug_log("{}", reason);
  for (Tunnel& tunnel : tunnels_) tunnel.lose_session(reason);
  remove_finished();
  stuck_ = nullptr;
  broken_ = false;
  session_.reset();
  signs_.end();
  busy_ = !tunnels_.empty();
}

TimePoint JumpHost::next_deadline() const {
  if (busy_) return TimePoint::min();
  if (login_) return login_->next_deadline();
  if (!session_) return TimePoint::max();
  TimePoint next = signs_.next();
  for (const Tunnel& tunnel : tunnels_) next = std::min(next, tunnel.look_at());
  return next;
}

void JumpHost::add_waits(std::vector<pollfd>& waits) const {
  if (login_) login_->add_waits(waits);
  if (!session_) return;
  for (const Tunnel& tunnel : tunnels_) tunnel.add_waits(waits);
  // Without somebody who takes what arrives the poll would not rest.
  if (is_listening() || stuck_ != nullptr) waits.push_back(session_->wait());
}

}  // namespace segue
