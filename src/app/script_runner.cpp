#include "script_runner.hpp"

#include "segue/base/check.hpp"
#include "segue/os/debug_log.hpp"
#include "segue/os/random.hpp"

namespace segue {
namespace {

constexpr size_t kNonceBytes = 16;

// What the transport saw is believed only as far as the script's own trailer confirms it: an exit
// status without one is that of some shell in between, or of a connection that broke.
Outcome confirmed(Outcome outcome, const ScriptReader& reader) {
  if (std::holds_alternative<NotStarted>(outcome)) return outcome;
  if (const std::optional<int> status = reader.trailer()) return Exited{*status};
  if (const auto* exited = std::get_if<Exited>(&outcome)) {
    return Lost{"the script ended with status " + std::to_string(exited->status) +
                " but without its last line"};
  }
  return outcome;
}

}  // namespace

ScriptRunner::ScriptRunner(Transport& transport, const SecretValues& secrets)
    : transport_(transport), secrets_(secrets) {
  hide(secrets);
}

void ScriptRunner::hide(const SecretValues& secrets) {
  for (const auto& [name, secret] : secrets) redactions_.add(secret);
}

// An application may print its secrets into its log, and the engine quote a command line: what
// people are going to see goes through here (rules F3). Facts, which are parsed, do not.
ScriptEvent ScriptRunner::redacted(ScriptEvent event) const {
  if (event.key == "problem") event.value = redactions_.apply(std::move(event.value));
  return event;
}

void ScriptRunner::start(const std::string& host, const Script& script, DataReader data) {
  CHECK(script.reads_data == (data != nullptr), "who reads data is given some");
  const std::string nonce = random_hex(kNonceBytes);
  const Ticket ticket{++last_ticket_};
  std::string text = script.render(nonce, [this](const std::string& name) -> const Secret& {
    const auto it = secrets_.find(name);
    CHECK(it != secrets_.end(), "every secret of a script was resolved before");
    return it->second;
  });
  debug_log("{}: script {} of {} sections, {} bytes", host, ticket.number, script.sections.size(),
            text.size());
  running_.emplace(ticket, Running{host,
                                   ScriptReader(nonce),
                                   {},
                                   script.sections.size() + (script.way_back.empty() ? 0 : 1)});
  transport_.start(ticket, host, std::move(text), std::move(data));
}

void ScriptRunner::abandon(const std::string& host) {
  for (auto it = running_.begin(); it != running_.end();) {
    if (it->second.host != host) {
      ++it;
      continue;
    }
    transport_.cancel(it->first);
    it = running_.erase(it);
  }
}

Happened ScriptRunner::wait(TimePoint deadline) {
  std::vector<TransportEvent> events;
  transport_.poll(deadline, events);
  Happened happened;
  for (TransportEvent& event : events) {
    const auto it = running_.find(event.ticket);
    if (it == running_.end()) continue;  // of a script that was abandoned
    if (const auto* output = std::get_if<Output>(&event.what)) {
      it->second.reader.feed(output->bytes);
      collect(it->second, happened);
    } else {
      end(event.ticket, std::get<Outcome>(std::move(event.what)), happened);
    }
  }
  return happened;
}

void ScriptRunner::collect(Running& running, Happened& happened) {
  for (ScriptEvent& taken : running.reader.take_events()) {
    ScriptEvent event = redacted(std::move(taken));
    running.events.push_back(event);
    happened.progress.push_back({running.host, std::move(event)});
  }
}

void ScriptRunner::end(Ticket ticket, Outcome outcome, Happened& happened) {
  Running& running = running_.at(ticket);
  collect(running, happened);
  ScriptEnded ended{
      running.host, confirmed(std::move(outcome), running.reader), running.events, {}};
  for (size_t i = 0; i < running.sections; ++i)
    ended.outputs.push_back(redactions_.apply(running.reader.output_of(static_cast<int>(i))));
  ended_.insert_or_assign(running.host, running.reader);
  happened.ended.push_back(std::move(ended));
  running_.erase(ticket);
}

}  // namespace segue
