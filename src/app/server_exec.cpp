// `segue server exec`: one command on every host, its output as it comes. Needs no engine there.
#include "connection.hpp"
#include "hosts.hpp"
#include "project.hpp"

#include "segue/base/check.hpp"
#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/process.hpp"
#include "segue/os/random.hpp"
#include "segue/os/terminal.hpp"
#include "segue/remote/ssh_command.hpp"
#include "segue/script/quote.hpp"
#include "segue/script/script.hpp"
#include "segue/script/script_reader.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace segue {
namespace {

constexpr Duration kLongestExecTurn{60'000};
constexpr Duration kGrace{10'000};  // for the host to end what has run out of time by itself
constexpr size_t kLongestLine = size_t{64} * 1024;
constexpr size_t kExecNonceBytes = 16;
constexpr int kTimedOut = 124;  // timeout(1)
constexpr int kKilled = 137;

std::string shell_line(const ServerExecOptions& options) {
  return options.words.size() == 1 ? options.words.front() : quote_all(options.words);
}

// The script's own settings are not the command's: it runs as one that ssh was given would.
ShellText command_body(const ServerExecOptions& options) {
  ShellText body("unset LC_ALL\numask 022\nset --");
  body.word("/bin/sh").word("-c").word(shell_line(options)).raw("\n");
  if (options.timeout) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*options.timeout).count();
    body.raw(
        fmt::format("if command -v timeout >/dev/null 2>&1; then set -- timeout -k 5 {} \"$@\"; "
                    "fi\n",
                    seconds));
  }
  return body.raw("\"$@\"\n");
}

// How it went on one host.
struct HostEnd {
  enum class Kind { succeeded, failed, timed_out, unknown, not_reached, left_out };
  Kind kind = Kind::left_out;
  int status = 0;   // of `failed`
  std::string why;  // of `unknown`
  Duration took{0};
};

std::string_view name_of(HostEnd::Kind kind) {
  switch (kind) {
    case HostEnd::Kind::succeeded:
      return "succeeded";
    case HostEnd::Kind::failed:
      return "failed";
    case HostEnd::Kind::timed_out:
      return "timed_out";
    case HostEnd::Kind::unknown:
      return "unknown";
    case HostEnd::Kind::not_reached:
      return "not_reached";
    case HostEnd::Kind::left_out:
      return "left_out";
  }
  return "";
}

std::string describe(const HostEnd& end, const ServerExecOptions& options) {
  switch (end.kind) {
    case HostEnd::Kind::succeeded:
      return "done in " + to_string(end.took);
    case HostEnd::Kind::failed:
      return fmt::format("exit code {}", end.status);
    case HostEnd::Kind::timed_out:
      return "not done within " + to_string(options.timeout.value_or(Duration{0}));
    case HostEnd::Kind::unknown:
      return "nobody knows how it ended: " + end.why;
    case HostEnd::Kind::not_reached:
      return "not reached";
    case HostEnd::Kind::left_out:
      return "not begun";
  }
  return "";
}

class Execution {
 public:
  Execution(App& app, const ServerExecOptions& options, Project& project)
      : app_(app),
        options_(options),
        hosts_(project.hosts),
        transport_(connect_hosts(app, project.config, endpoints(project, options))) {
    script_.sections.push_back({"exec", command_body(options)});
  }

  ExitStatus run() {
    const int before = app_.signals.count();
    begin_next();
    while (!running_.empty()) {
      std::vector<TransportEvent> events;
      transport_->poll(next_deadline(), events);
      for (const TransportEvent& event : events) take(event);
      stop_overdue();
      app_.signals.drain();
      if (app_.signals.count() != before) return interrupted();
      begin_next();
    }
    tell();
    return exit_status();
  }

 private:
  struct Running {
    std::string host;
    ScriptReader reader;
    std::string line;    // that has not ended yet
    bool ended = false;  // it is shown; its newline may still come
    TimePoint began;
  };

  static std::vector<Endpoint> endpoints(const Project& project, const ServerExecOptions& options) {
    std::vector<Endpoint> all = project.endpoints();
    for (Endpoint& endpoint : all)
      if (options.timeout) endpoint.command_timeout = *options.timeout + kGrace + kGrace;
    return all;
  }

  void begin_next() {
    const size_t most = options_.parallel == 0 ? hosts_.size() : options_.parallel;
    while (next_ < hosts_.size() && running_.size() < most &&
           (!failed_ || options_.continue_on_error)) {
      const std::string& host = hosts_[next_++];
      const std::string nonce = random_hex(kExecNonceBytes);
      const Ticket ticket{static_cast<int>(next_)};
      running_.emplace(ticket, Running{host, ScriptReader(nonce), {}, false, transport_->now()});
      transport_->start(ticket, host,
                        script_.render(nonce, [](const std::string&) -> const Secret& {
                          static const Secret none;
                          CHECK(false, "the command names no secret");
                          return none;
                        }));
    }
  }

  void take(const TransportEvent& event) {
    const auto it = running_.find(event.ticket);
    if (it == running_.end()) return;
    Running& running = it->second;
    if (const auto* output = std::get_if<Output>(&event.what)) {
      running.reader.feed(output->bytes);
      running.reader.take_events();
      show(running, running.reader.take_output(0));
      return;
    }
    show(running, running.reader.take_output(0));
    if (!running.line.empty()) show_line(running.host, std::exchange(running.line, {}));
    end(running, std::get<Outcome>(event.what));
    running_.erase(it);
  }

  void show(Running& running, std::string bytes) {
    if (running.ended && !bytes.empty()) {
      if (bytes.front() == '\n') bytes.erase(0, 1);
      running.ended = false;
    }
    running.line += bytes;
    size_t start = 0;
    for (size_t at = running.line.find('\n'); at != std::string::npos;
         at = running.line.find('\n', start)) {
      show_line(running.host, running.line.substr(start, at - start));
      start = at + 1;
    }
    running.line.erase(0, start);
    if (running.line.size() > kLongestLine)
      show_line(running.host, std::exchange(running.line, {}));
    if (running.line.empty() || !running.reader.is_at_line_end()) return;
    show_line(running.host, std::exchange(running.line, {}));
    running.ended = true;
  }

  void show_line(const std::string& host, const std::string& line) {
    app_.reporter.value("output", {{"host", host}, {"line", line}},
                        hosts_.size() > 1 ? fmt::format("{} | {}", host, line) : line);
  }

  // What ssh says of the end counts for nothing without the script's own last line.
  void end(const Running& running, const Outcome& outcome) {
    HostEnd end;
    end.took = std::chrono::duration_cast<Duration>(transport_->now() - running.began);
    const std::optional<int> status = running.reader.trailer();
    const bool over = options_.timeout && end.took >= *options_.timeout;
    if (const auto* refused = std::get_if<NotStarted>(&outcome)) {
      end.kind = HostEnd::Kind::not_reached;
      app_.reporter.error(Error(refused->error).in(running.host));
    } else if (!status) {
      const auto* lost = std::get_if<Lost>(&outcome);
      end.kind = over ? HostEnd::Kind::timed_out : HostEnd::Kind::unknown;
      end.why = lost != nullptr ? lost->why : "the connection was lost";
    } else {
      end.kind = *status == 0 ? HostEnd::Kind::succeeded : HostEnd::Kind::failed;
      if (over && (*status == kTimedOut || *status == kKilled)) end.kind = HostEnd::Kind::timed_out;
      end.status = *status;
    }
    failed_ = failed_ || end.kind != HostEnd::Kind::succeeded;
    ends_[running.host] = end;
  }

  TimePoint next_deadline() const {
    TimePoint next = transport_->now() + kLongestExecTurn;
    if (!options_.timeout) return next;
    for (const auto& [ticket, running] : running_)
      next = std::min(next, running.began + *options_.timeout + kGrace);
    return next;
  }

  // A host without timeout(1), or one that no longer answers.
  void stop_overdue() {
    if (!options_.timeout) return;
    std::vector<Ticket> overdue;
    for (const auto& [ticket, running] : running_)
      if (transport_->now() >= running.began + *options_.timeout + kGrace)
        overdue.push_back(ticket);
    for (const Ticket ticket : overdue) transport_->cancel(ticket);
  }

  ExitStatus interrupted() {
    std::vector<std::string> going_on;
    for (const auto& [ticket, running] : running_) {
      going_on.push_back(running.host);
      transport_->cancel(ticket);
    }
    app_.reporter.error({Code::interrupted,
                         "interrupted: the command may go on running on " + join(going_on, ", "),
                         {},
                         {},
                         {}});
    return ExitStatus::interrupted;
  }

  void tell() const {
    nlohmann::json rows = nlohmann::json::array();
    std::string text;
    size_t width = 0;
    for (const std::string& host : hosts_) width = std::max(width, host.size());
    for (const std::string& host : hosts_) {
      const auto found = ends_.find(host);
      const HostEnd end = found == ends_.end() ? HostEnd{} : found->second;
      nlohmann::json row = {{"host", host}, {"outcome", name_of(end.kind)}};
      if (end.kind == HostEnd::Kind::succeeded || end.kind == HostEnd::Kind::failed)
        row["exit_status"] = end.status;
      if (end.kind != HostEnd::Kind::left_out) row["took_ms"] = end.took.count();
      rows.push_back(row);
      // One host that has done it says nothing but what the command says.
      if (hosts_.size() > 1 || failed_)
        text += fmt::format("  {:<{}}  {}\n", host, width, describe(end, options_));
    }
    const nlohmann::json all = {{"hosts", rows}, {"succeeded", !failed_}};
    app_.reporter.document(
        "executed", all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), text);
  }

  ExitStatus exit_status() const {
    if (!failed_) return ExitStatus::done;
    size_t reached = 0;
    size_t unclear = 0;
    for (const auto& [host, end] : ends_) {
      if (end.kind != HostEnd::Kind::not_reached) ++reached;
      if (end.kind == HostEnd::Kind::unknown || end.kind == HostEnd::Kind::succeeded) ++unclear;
    }
    if (reached == 0) return ExitStatus::unreachable;
    return unclear > 0 ? ExitStatus::partial : ExitStatus::failed;
  }

  App& app_;
  const ServerExecOptions& options_;
  std::vector<std::string> hosts_;
  std::unique_ptr<Transport> transport_;
  Script script_;
  size_t next_ = 0;
  bool failed_ = false;
  std::map<Ticket, Running> running_;
  std::map<std::string, HostEnd> ends_;
};

// From here on the terminal is that of ssh, or of the shell on this machine.
ExitStatus hand_over(App& app, const std::string& command) {
  auto project = open_project(app, {.version = std::string("none"), .idle_hosts = true});
  if (!project) return told(app, project.error());
  if (project->hosts.size() != 1)
    return told(app,
                {Code::usage,
                 "a terminal is for one host, and these were named: " + join(project->hosts, ", "),
                 "name one with -H HOST",
                 {},
                 {}});
  ProcessRequest request;
  for (const Endpoint& endpoint : project->endpoints()) {
    if (endpoint.name != project->hosts.front()) continue;
    if (!endpoint.more_config_files.empty())
      return told(app, {Code::usage,
                        "ssh on a terminal takes one configuration, and ssh.config names several",
                        "let one of them include the others",
                        {},
                        {}});
    if (!endpoint.key_data.empty())
      app.reporter.note(
          "ssh on a terminal is not given key_data: it uses the keys it finds itself");
    if (!endpoint.local)
      request.argv = ssh_login_command(endpoint, command, is_terminal(0));
    else if (command.empty())
      request.argv = {environment_variable("SHELL").value_or("/bin/sh"), "-l"};
    else
      request.argv = {"/bin/sh", "-c", command};
  }
  return told(app, become_program(request));
}

}  // namespace

ExitStatus server_exec(App& app, const ServerExecOptions& options) {
  if (options.interactive) return hand_over(app, shell_line(options));
  auto project = open_project(app, {.version = std::string("none"), .idle_hosts = true});
  if (!project) return told(app, project.error());
  return Execution(app, options, *project).run();
}

ExitStatus server_ssh(App& app) {
  return hand_over(app, "");
}

}  // namespace segue
