#include "openssh_link.hpp"

#include "limits.hpp"
#include "remote_errors.hpp"

#include "segue/base/text.hpp"
#include "segue/os/debug_log.hpp"
#include "segue/os/random.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr Duration kAbandonedLook{200};
constexpr size_t kDoorNameBytes = 4;

}  // namespace

OpensshLink::OpensshLink(const Endpoint& endpoint, Surroundings surroundings,
                         std::optional<Error> before)
    : endpoint_(endpoint),
      surroundings_(surroundings),
      before_(std::move(before)),
      script_limit_(kMostChannels) {}

// The scripts go on on the host; their programs here end with the connection.
OpensshLink::~OpensshLink() {
  scripts_.clear();
  master_.reset();
}

void OpensshLink::report(Ticket ticket, Outcome outcome) {
  surroundings_.events.push_back({ticket, endpoint_.name, std::move(outcome)});
}

void OpensshLink::start(Ticket ticket, std::string script, DataReader data) {
  // A connection that has ended in the meantime is noticed before anything is sent on it.
  if (master_ && master_->is_ready() && scripts_.empty() && !master_->is_alive()) master_.reset();
  waiting_.push_back({ticket, std::move(script), std::move(data)});
  busy_ = true;
}

void OpensshLink::prepare() {
  wanted_ = !master_;
  busy_ = busy_ || wanted_;
}

void OpensshLink::cancel(Ticket ticket) {
  const auto waiting = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const Waiting& one) { return one.ticket == ticket; });
  if (waiting != waiting_.end()) {
    waiting_.erase(waiting);
    return report(ticket, Lost{"cancelled"});
  }
  const auto running = std::find_if(scripts_.begin(), scripts_.end(),
                                    [&](const auto& script) { return script->ticket() == ticket; });
  if (running == scripts_.end()) return;
  abandoned_.push_back((*running)->abandon());
  scripts_.erase(running);
  report(ticket, Lost{"cancelled"});
}

std::optional<Result<int>> OpensshLink::lend(const RegistryLoan& loan, RuntimeFolder& folder) {
  if (!master_ || !master_->is_ready()) return fail(Code::failed, "the connection was lost");
  if (!door_) {
    TRY_ASSIGN(const std::string root, folder.path());
    const std::string path = root + "/" + random_hex(kDoorNameBytes);
    auto door = std::make_unique<RegistryDoor>(loan);
    TRY(door->listen(path));
    door_ = std::move(door);
    forward_ = std::make_unique<OpensshForward>(endpoint_, master_->socket(), path, Clock::now());
  }
  return forward_->number();
}

void OpensshLink::take_back() {
  if (forward_) forward_->close();
  door_.reset();
}

void OpensshLink::advance(TimePoint now) {
  busy_ = false;
  if (forward_) forward_->advance(now);
  if (door_) door_->advance(now);
  abandoned_.remove_if([](ChildProcess& child) { return child.try_wait().has_value(); });
  const bool ready = master_ && master_->is_ready();
  if (!ready && (master_ || wanted_ || !waiting_.empty())) log_in(now);
  // Scripts that nobody listens to may hold all places of the connection: a new one has room.
  const bool stuck = !waiting_.empty() && scripts_.empty() && abandoned_.size() >= script_limit_;
  if (master_ && master_->is_ready() && stuck) {
    master_.reset();
    busy_ = true;
  }
  run_scripts(now);
  if (master_ && master_->is_ready()) start_next();
}

std::string_view OpensshLink::preparing() const {
  if (master_) return master_->is_ready() ? "" : "logging in with ssh";
  return waiting_.empty() ? "" : "waiting for its turn to connect";
}

void OpensshLink::log_in(TimePoint now) {
  if (!master_) {
    if (!surroundings_.gate.enter(endpoint_.address)) return;
    inside_gate_ = true;
    const Result<std::string> folder = surroundings_.folder.path();
    if (!folder) {
      leave_gate();
      return refuse_all(unreachable(folder.error().what));
    }
    master_ = std::make_unique<OpensshMaster>(endpoint_, *folder, surroundings_.ring, now);
  }
  const Result<bool> done = master_->advance(now);
  if (done && !*done) return;
  leave_gate();
  wanted_ = false;
  if (!done) {
    const bool no_use = master_->was_of_no_use();
    master_.reset();
    return refuse_all(no_use && before_ ? *before_ : done.error());
  }
  debug_log("{}: logged in with ssh, {}", endpoint_.name, master_->socket());
  script_limit_ = kMostChannels;
}

void OpensshLink::leave_gate() {
  if (inside_gate_) surroundings_.gate.leave(endpoint_.address);
  inside_gate_ = false;
}

void OpensshLink::refuse_all(const Error& error) {
  debug_log("{}: {}", endpoint_.name, error.what);
  wanted_ = false;
  for (const Waiting& one : waiting_) report(one.ticket, NotStarted{error});
  waiting_.clear();
}

void OpensshLink::run_scripts(TimePoint now) {
  for (auto at = scripts_.begin(); at != scripts_.end();) {
    if (advance_script(**at, now))
      at = scripts_.erase(at);
    else
      ++at;
  }
}

// True: it is over.
bool OpensshLink::advance_script(OpensshScript& script, TimePoint now) {
  OpensshScript::Progress progress = script.advance(now);
  if (!progress.output.empty())
    surroundings_.events.push_back(
        {script.ticket(), endpoint_.name, Output{std::move(progress.output)}});
  busy_ = busy_ || progress.busy;
  if (progress.refused) wait_for_room(script);
  if (progress.outcome) report(script.ticket(), std::move(*progress.outcome));
  if (progress.refused || progress.outcome) {
    busy_ = busy_ || !waiting_.empty();
    return true;
  }
  if (now - script.last_sign_of_life() < endpoint_.command_timeout) return false;
  report(script.ticket(), Lost{"no sign of life for " + to_string(endpoint_.command_timeout)});
  abandoned_.push_back(script.abandon());
  return true;
}

void OpensshLink::start_next() {
  while (!waiting_.empty() && scripts_.size() + abandoned_.size() < script_limit_) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    auto script = OpensshScript::start(endpoint_, master_->socket(), next.ticket,
                                       std::move(next.script), std::move(next.data));
    if (script)
      scripts_.push_back(std::move(*script));
    else
      report(next.ticket, NotStarted{unreachable(script.error().what)});
  }
}

// Its session was refused: the server has no room for as many (MaxSessions), or the connection is
// gone. Nothing of the script was sent.
void OpensshLink::wait_for_room(OpensshScript& script) {
  const Ticket ticket = script.ticket();
  const std::string said = visible(trim(script.said()));
  const size_t others = scripts_.size() - 1 + abandoned_.size();
  const bool alive = master_ && master_->is_alive();
  if (others > 0 && alive) {
    script_limit_ = others;
  } else if (!tried_again_.insert(ticket).second) {
    report(
        ticket,
        NotStarted{unreachable(fmt::format("{} opens no session: {}", endpoint_.address, said))});
    return;
  } else {
    master_.reset();
  }
  waiting_.push_front({ticket, script.take_script(), script.take_data()});
}

TimePoint OpensshLink::next_deadline() const {
  if (busy_) return TimePoint::min();
  TimePoint next = abandoned_.empty() ? TimePoint::max() : Clock::now() + kAbandonedLook;
  const bool wants_one = !master_ && (wanted_ || !waiting_.empty());
  if (wants_one && surroundings_.gate.has_room(endpoint_.address)) return TimePoint::min();
  if (master_ && !master_->is_ready()) next = std::min(next, master_->next_deadline());
  if (forward_) next = std::min(next, forward_->next_look());
  if (door_) next = std::min(next, door_->next_deadline());
  for (const auto& script : scripts_)
    next = std::min(
        {next, script->next_look(), script->last_sign_of_life() + endpoint_.command_timeout});
  return next;
}

void OpensshLink::add_waits(std::vector<pollfd>& waits) const {
  if (master_) master_->add_waits(waits);
  if (door_) door_->add_waits(waits);
  for (const auto& script : scripts_) script->add_waits(waits);
}

}  // namespace segue
