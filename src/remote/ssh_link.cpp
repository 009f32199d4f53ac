#include "ssh_link.hpp"

#include "remote_errors.hpp"

#include "segue/os/debug_log.hpp"

#include <algorithm>

namespace segue {

SshLink::SshLink(const Endpoint& endpoint, Surroundings surroundings)
    : endpoint_(endpoint), surroundings_(surroundings) {}

void SshLink::report(Ticket ticket, Outcome outcome) {
  surroundings_.events.push_back({ticket, endpoint_.name, std::move(outcome)});
}

void SshLink::start(Ticket ticket, std::string script, DataReader data) {
  // A session that the server has closed in the meantime is noticed before anything is sent on it.
  if (session_ && channels_.empty() && session_->is_gone()) connection_lost("closed while idle");
  waiting_.push_back({ticket, std::move(script), std::move(data)});
  busy_ = true;
}

void SshLink::prepare() {
  wants_spare_ = spare_ == nullptr;
  busy_ = busy_ || wants_spare_;
}

void SshLink::cancel(Ticket ticket) {
  const auto waiting = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const Waiting& one) { return one.ticket == ticket; });
  if (waiting != waiting_.end()) {
    waiting_.erase(waiting);
    return report(ticket, Lost{"cancelled"});
  }
  for (const auto& channel : channels_) {
    if (channel->ticket() != ticket || channel->is_abandoned()) continue;
    channel->abandon();
    busy_ = true;
    return report(ticket, Lost{"cancelled"});
  }
}

void SshLink::advance(TimePoint now) {
  busy_ = false;
  if (!session_ && (login_ || wants_spare_ || !waiting_.empty())) log_in(now);
  if (session_) run_channels(now);
}

std::optional<Result<int>> SshLink::lend(const RegistryLoan& loan, RuntimeFolder& /*folder*/) {
  if (!session_ || !lent_port_) return fail(Code::failed, "the connection was lost");
  if (!door_) door_ = std::make_unique<RegistryDoor>(loan);
  return lent_port_->number();
}

void SshLink::take_back() {
  door_.reset();
  if (lent_port_) lent_port_->close();
  busy_ = busy_ || lent_port_;
}

std::string_view SshLink::preparing() const {
  if (login_) return login_->phase_text();
  return !session_ && !waiting_.empty() ? "waiting for its turn to connect" : "";
}

void SshLink::log_in(TimePoint now) {
  if (!login_) {
    if (!surroundings_.gate.enter(endpoint_.address)) return;
    login_ = std::make_unique<Login>(endpoint_, surroundings_.login, now);
  }
  const Result<bool> done = login_->advance(now);
  if (done && !*done) return;
  surroundings_.gate.leave(endpoint_.address);
  const std::unique_ptr<Login> finished = std::move(login_);
  if (!done && gives_up_ && !finished->reason_for_openssh().empty()) {
    given_up_ = GivenUp{done.error(), finished->reason_for_openssh(), finished->was_refused(),
                        std::exchange(waiting_, {}), std::exchange(wants_spare_, false)};
    return;
  }
  if (!done) return refuse_all(done.error());
  settings_ = finished->settings();
  session_ = finished->take_session();
  channel_limit_ = kMostChannels;
  shell_is_proven_ = false;
  passage_ = finished->passage();
  signs_.begin(endpoint_.keepalive, now);
  if (endpoint_.lends) lent_port_ = std::make_unique<LentPort>(*session_);
}

void SshLink::refuse_all(const Error& error) {
  debug_log("{}: {}", endpoint_.name, error.what);
  wants_spare_ = false;
  for (const Waiting& one : waiting_) report(one.ticket, NotStarted{error});
  waiting_.clear();
}

// The one that must send the rest of a packet before anything else can be sent.
ScriptChannel* SshLink::amid_packet() const {
  const auto found = std::find_if(channels_.begin(), channels_.end(),
                                  [](const auto& channel) { return channel->is_amid_packet(); });
  return found == channels_.end() ? nullptr : found->get();
}

void SshLink::run_channels(TimePoint now) {
  if (ScriptChannel* first = amid_packet()) advance_channel(*first, now);
  if (broken_) return connection_lost(session_->last_error());
  if (amid_packet() != nullptr || !advance_lent_port(now)) return;
  signs_.send(*session_, now);
  if (ear_) {
    const int heard = ear_->listen();
    if (heard != 0 && heard != LIBSSH2_ERROR_EAGAIN) broken_ = true;
  }
  if (spare_) advance_spare(now);
  open_next();
  open_spare();
  for (const auto& channel : channels_) {
    if (!broken_ && amid_packet() == nullptr) advance_channel(*channel, now);
  }
  if (broken_) return connection_lost(session_->last_error());
  if (signs_.are_missing(*session_, now, !channels_.empty()))
    return connection_lost("the host has not answered for " +
                           to_string(endpoint_.keepalive * (kSignsUnanswered + 1)));
  for (auto at = channels_.begin(); at != channels_.end();) {
    if ((*at)->is_finished()) {
      retire(std::move(*at));
      at = channels_.erase(at);
      busy_ = busy_ || !waiting_.empty();
    } else {
      ++at;
    }
  }
  if (is_full_of_abandoned()) drop_session();
}

// False: nobody else may send for now, or nobody is there any more.
bool SshLink::advance_lent_port(TimePoint now) {
  if (!lent_port_) return true;
  if (!lent_port_->advance(door_.get(), now)) {
    connection_lost(session_->last_error());
    return false;
  }
  if (lent_port_->is_closed()) lent_port_.reset();
  busy_ = busy_ || (lent_port_ && lent_port_->has_more_to_do());
  return !lent_port_ || !lent_port_->is_amid_packet();
}

// One opening at a time: libssh2 keeps its state in the session.
bool SshLink::is_opening() const {
  return (spare_ && spare_->is_opening()) ||
         std::any_of(channels_.begin(), channels_.end(),
                     [](const auto& channel) { return channel->is_opening(); });
}

void SshLink::open_next() {
  if (waiting_.empty() || channels_.size() >= channel_limit_) return;
  const bool by_spare = spare_ && !waiting_.front().data;  // a spare's shell can be given no data
  if (!by_spare && is_opening()) return;
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  if (by_spare) {
    spare_->take_on(next.ticket, std::move(next.script));
    channels_.push_back(std::move(spare_));
    return;
  }
  channels_.push_back(std::make_unique<ScriptChannel>(*session_, settings_, next.ticket,
                                                      std::move(next.script), std::move(next.data),
                                                      shell_is_proven_));
}

void SshLink::open_spare() {
  if (!wants_spare_ || !waiting_.empty() || is_opening()) return;
  wants_spare_ = false;
  if (channels_.size() < channel_limit_)
    spare_ = std::make_unique<ScriptChannel>(*session_, settings_, shell_is_proven_);
}

// What goes wrong with it concerns nobody: the next script then opens a channel of its own.
void SshLink::advance_spare(TimePoint now) {
  const ScriptChannel::Progress progress = spare_->advance(now);
  broken_ = broken_ || progress.session_broken;
  shell_is_proven_ = shell_is_proven_ || spare_->shell_is_proven();
  busy_ = busy_ || spare_->has_more_to_do();
  if (spare_->is_finished()) spare_.reset();
}

void SshLink::advance_channel(ScriptChannel& channel, TimePoint now) {
  const bool was_opening = channel.is_opening();
  ScriptChannel::Progress progress = channel.advance(now);
  if (!progress.output.empty())
    surroundings_.events.push_back(
        {channel.ticket(), endpoint_.name, Output{std::move(progress.output)}});
  if (progress.session_broken) {
    broken_ = true;
    return;
  }
  if (progress.session_full && !channel.is_abandoned()) wait_for_room(channel);
  if (progress.outcome) {
    // A spare that died while it waited says nothing of the login shell: one of its own will.
    if (channel.was_spare() && std::holds_alternative<NotStarted>(*progress.outcome) &&
        !channel.has_sent())
      waiting_.push_front({channel.ticket(), channel.take_script(), channel.take_data()});
    else
      report(channel.ticket(), std::move(*progress.outcome));
  }
  shell_is_proven_ = shell_is_proven_ || channel.shell_is_proven();
  const bool opened = was_opening && !channel.is_opening();
  busy_ = busy_ || channel.has_more_to_do() || (opened && (wants_spare_ || !waiting_.empty()));
  stop_silent(channel, now);
}

void SshLink::wait_for_room(ScriptChannel& channel) {
  if (channels_.size() > 1) {
    channel_limit_ = channels_.size() - 1;
    waiting_.push_front({channel.ticket(), channel.take_script(), channel.take_data()});
  } else if (tried_again_.count(channel.ticket()) == 0) {
    // Scripts that we no longer listen to may hold all of the session's places: a new one has room.
    waiting_.push_front({channel.ticket(), channel.take_script(), channel.take_data()});
    broken_ = true;
  } else {
    report(channel.ticket(),
           NotStarted{unreachable(
               fmt::format("{} opens no session: {}", settings_.host, session_->last_error()))});
  }
}

void SshLink::stop_silent(ScriptChannel& channel, TimePoint now) {
  if (channel.is_finished() || channel.is_abandoned()) return;
  if (now - channel.last_sign_of_life() < endpoint_.command_timeout) return;
  report(channel.ticket(), Lost{"no sign of life for " + to_string(endpoint_.command_timeout)});
  channel.abandon();
  busy_ = true;
}

void SshLink::retire(std::unique_ptr<ScriptChannel> channel) {
  // The ear stays where it is: its reading may have been stopped half-way.
  if (!ear_ && channel->can_listen()) ear_ = std::move(channel);
}

void SshLink::drop_session() {
  lent_port_.reset();
  ear_.reset();
  spare_.reset();
  channels_.clear();
  session_.reset();
  broken_ = false;
  wants_spare_ = false;
  signs_.end();
  busy_ = !waiting_.empty();
}

// sshd keeps a channel until its script has ended, whether or not somebody still listens.
bool SshLink::is_full_of_abandoned() const {
  return !waiting_.empty() && channels_.size() >= channel_limit_ &&
         std::all_of(channels_.begin(), channels_.end(),
                     [](const auto& channel) { return channel->is_abandoned(); });
}

void SshLink::connection_lost(const std::string& seen) {
  const std::string why = passage_ && !passage_->lost.empty() ? passage_->lost : seen;
  debug_log("{}: connection lost: {}", endpoint_.name, why);
  for (auto at = channels_.rbegin(); at != channels_.rend(); ++at) {
    ScriptChannel& channel = **at;
    if (channel.is_abandoned() || channel.is_finished()) continue;
    if (channel.has_sent()) {
      report(channel.ticket(), Lost{why});
    } else {
      waiting_.push_front({channel.ticket(), channel.take_script(), channel.take_data()});
    }
  }
  drop_session();
  // Nothing of these was sent, so one more connection is worth a try; but only one.
  std::deque<Waiting> once_more;
  for (Waiting& one : waiting_) {
    if (!tried_again_.insert(one.ticket).second) {
      report(one.ticket, NotStarted{connection_failed(settings_.host, settings_.port,
                                                      "the connection was lost: " + why)});
      continue;
    }
    once_more.push_back(std::move(one));
  }
  waiting_ = std::move(once_more);
  busy_ = !waiting_.empty();
}

TimePoint SshLink::next_deadline() const {
  if (busy_) return TimePoint::min();
  if (login_) return login_->next_deadline();
  if (!session_) {
    const bool wants_one = wants_spare_ || !waiting_.empty();
    const bool can_begin = wants_one && surroundings_.gate.has_room(endpoint_.address);
    return can_begin ? TimePoint::min() : TimePoint::max();
  }
  TimePoint next = signs_.next();
  if (lent_port_ && door_) next = std::min(next, door_->next_deadline());
  for (const auto& channel : channels_) {
    if (!channel->is_abandoned())
      next = std::min(next, channel->last_sign_of_life() + endpoint_.command_timeout);
  }
  return next;
}

void SshLink::add_waits(std::vector<pollfd>& waits) const {
  if (login_) login_->add_waits(waits);
  // Without a channel nothing could read what arrives, and the poll would not rest.
  const bool is_read = ear_ || spare_ || lent_port_ || !channels_.empty();
  if (session_ && is_read) waits.push_back(session_->wait());
  if (session_ && lent_port_) lent_port_->add_waits(waits);
  if (door_) door_->add_waits(waits);
}

}  // namespace segue
