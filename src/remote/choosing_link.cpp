#include "choosing_link.hpp"

#include "segue/os/debug_log.hpp"

#include <fmt/format.h>

namespace segue {

ChoosingLink::ChoosingLink(const Endpoint& endpoint, SshLink::Surroundings native,
                           OpensshLink::Surroundings openssh, const Tell& tell)
    : endpoint_(endpoint), surroundings_(openssh), tell_(tell), native_(endpoint, native) {
  native_.give_up_to_openssh();
}

void ChoosingLink::start(Ticket ticket, std::string script, DataReader data) {
  link().start(ticket, std::move(script), std::move(data));
}

void ChoosingLink::prepare() {
  link().prepare();
}

void ChoosingLink::cancel(Ticket ticket) {
  link().cancel(ticket);
}

void ChoosingLink::advance(TimePoint now) {
  link().advance(now);
  std::optional<SshLink::GivenUp> given_up = native_.take_given_up();
  if (!given_up) return;
  const std::string what = fmt::format("the system's ssh takes over: {}", given_up->reason);
  debug_log("{}: {} ({})", endpoint_.name, what, given_up->error.what);
  if (tell_) tell_(endpoint_.name, what);
  // Where both were refused, the first to ask has more to tell of what was tried.
  openssh_ = std::make_unique<OpensshLink>(
      endpoint_, surroundings_, given_up->refused ? std::optional(given_up->error) : std::nullopt);
  for (SshLink::Waiting& one : given_up->waiting)
    openssh_->start(one.ticket, std::move(one.script), std::move(one.data));
  if (given_up->announced) openssh_->prepare();
  openssh_->advance(now);
}

TimePoint ChoosingLink::next_deadline() const {
  return link().next_deadline();
}

void ChoosingLink::add_waits(std::vector<pollfd>& waits) const {
  link().add_waits(waits);
}

}  // namespace segue
