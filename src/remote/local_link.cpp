#include "local_link.hpp"

#include "data_shell.hpp"
#include "limits.hpp"

#include "segue/os/fd.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace segue {
namespace {

// Nothing tells a poll loop on every system that a child has ended, so it is looked at: soon after
// its output has ended, now and then before (a daemon it left behind may keep the output open).
constexpr Duration kLookSoon{2};
constexpr Duration kLook{50};

}  // namespace

void LocalLink::start(Ticket ticket, std::string script, DataReader data) {
  ProcessRequest request;
  request.argv = {"/bin/sh"};
  if (data) request.argv = {"/bin/sh", "-c", shell_before_data(script.size())};
  Result<ChildProcess> child = ChildProcess::start(request, ChildProcess::Streams::merged);
  if (!child) {
    child.error().code = Code::unreachable;
    return report(ticket, NotStarted{child.error()});
  }
  const TimePoint now = Clock::now();
  scripts_.push_back({ticket, std::move(script), std::move(data), std::move(*child), 0, now});
  next_look_ = now;
}

void LocalLink::report(Ticket ticket, Outcome outcome) {
  events_.push_back({ticket, endpoint_.name, std::move(outcome)});
}

void LocalLink::cancel(Ticket ticket) {
  const auto found = std::find_if(scripts_.begin(), scripts_.end(),
                                  [&](const Script& script) { return script.ticket == ticket; });
  if (found == scripts_.end()) return;
  report(ticket, Lost{"cancelled"});
  found->child.input.reset();
  found->child.output.reset();
  abandoned_.push_back(std::move(found->child));
  scripts_.erase(found);
}

void LocalLink::advance(TimePoint now) {
  abandoned_.remove_if([](ChildProcess& child) { return child.try_wait().has_value(); });
  next_look_ = TimePoint::max();
  for (auto script = scripts_.begin(); script != scripts_.end();) {
    if (advance_one(*script, now)) {
      script = scripts_.erase(script);
      continue;
    }
    const Duration look = script->child.output ? kLook : kLookSoon;
    next_look_ = std::min(next_look_, now + look);
    ++script;
  }
}

void LocalLink::send(Script& script, TimePoint now) {
  ChildProcess& child = script.child;
  for (int i = 0; child.input; ++i) {
    if (script.sent == script.text.size()) {
      if (i >= kReadsPerTurn) return;  // the others have their turn
      script.text = script.data ? script.data(kDataPiece) : std::string();
      script.sent = 0;
      if (script.text.empty()) break;
    }
    const ssize_t count = ::write(child.input.get(), script.text.data() + script.sent,
                                  script.text.size() - script.sent);
    if (count < 0 && would_block(errno)) return;
    if (count < 0) return child.input.reset();  // it ended without reading all: its status says so
    script.sent += static_cast<size_t>(count);
    script.last_sign_of_life = now;
  }
  child.input.reset();
}

// False: there may be more to read at once.
bool LocalLink::receive(Script& script, TimePoint now) {
  std::array<char, kReadBuffer> buffer;
  std::string bytes;
  bool drained = false;
  for (int i = 0; i < kReadsPerTurn && !drained; ++i) {
    const ssize_t count = ::read(script.child.output.get(), buffer.data(), buffer.size());
    drained = count <= 0;
    if (count > 0) bytes.append(buffer.data(), static_cast<size_t>(count));
    if (count == 0 || (count < 0 && !would_block(errno))) script.child.output.reset();
  }
  if (!bytes.empty()) {
    script.last_sign_of_life = now;
    events_.push_back({script.ticket, endpoint_.name, Output{std::move(bytes)}});
  }
  return drained;
}

bool LocalLink::advance_one(Script& script, TimePoint now) {
  send(script, now);
  // Its end is looked at before its output is: what it wrote before its end is then all there.
  const std::optional<ProcessEnd> end = script.child.try_wait();
  const bool drained = !script.child.output || receive(script, now);
  if (end && drained) {
    if (end->signal.empty()) {
      report(script.ticket, Exited{end->status});
    } else {
      report(script.ticket, Signaled{end->signal});
    }
    return true;
  }
  if (now - script.last_sign_of_life < endpoint_.command_timeout) return false;
  report(script.ticket, Lost{"no sign of life for " + to_string(endpoint_.command_timeout)});
  script.child.input.reset();
  script.child.output.reset();
  abandoned_.push_back(std::move(script.child));
  return true;
}

TimePoint LocalLink::next_deadline() const {
  return next_look_;
}

void LocalLink::add_waits(std::vector<pollfd>& waits) const {
  for (const Script& script : scripts_) {
    if (script.child.output) waits.push_back({script.child.output.get(), POLLIN, 0});
    if (script.child.input) waits.push_back({script.child.input.get(), POLLOUT, 0});
  }
}

}  // namespace segue
