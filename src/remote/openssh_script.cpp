#include "openssh_script.hpp"

#include "data_shell.hpp"
#include "limits.hpp"
#include "remote_errors.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace segue {
namespace {

constexpr Duration kScriptLookSoon{2};  // at a child that has closed its output
constexpr Duration kScriptLook{50};
constexpr int kFailureOfSsh = 255;
constexpr size_t kErrorsKept = 2048;

// Without the master it would make a connection of its own, and quietly so: `false` in its place
// keeps it from that. It reads no configuration: all of that is the master's.
std::vector<std::string> client_command(const Endpoint& endpoint, const std::string& socket,
                                        const std::string& command) {
  return {"ssh",  "-F",
          "none", "-T",
          "-o",   "ControlMaster=no",
          "-o",   "ControlPath=" + socket,
          "-o",   "ProxyCommand=false",
          "-o",   "BatchMode=yes",
          "-o",   "LogLevel=ERROR",
          "--",   endpoint.address,
          command};
}

HostSettings names_of(const Endpoint& endpoint) {
  HostSettings settings;
  settings.host = settings.written = endpoint.address;
  settings.user = endpoint.user.value_or("this user");
  return settings;
}

}  // namespace

Result<std::unique_ptr<OpensshScript>> OpensshScript::start(const Endpoint& endpoint,
                                                            const std::string& socket,
                                                            Ticket ticket, std::string script,
                                                            DataReader data) {
  std::unique_ptr<OpensshScript> made(new OpensshScript);
  made->endpoint_ = &endpoint;
  made->ticket_ = ticket;
  const std::string shell = data ? shell_before_data(script.size()) : "exec /bin/sh";
  made->script_ = std::move(script);
  made->data_ = std::move(data);
  ProcessRequest request;
  // As in script_channel.cpp: read by the login shell, whichever it is.
  request.argv = client_command(
      endpoint, socket, "exec /bin/sh -c 'echo " + made->noise_.marker() + "; " + shell + " 2>&1'");
  request.environment = {{"SSH_ASKPASS_REQUIRE", "never"}, {"LC_ALL", "C"}};
  TRY_ASSIGN(made->child_, ChildProcess::start(request, ChildProcess::Streams::separate));
  made->last_sign_of_life_ = Clock::now();
  made->next_look_ = made->last_sign_of_life_;
  return made;
}

OpensshScript::Progress OpensshScript::advance(TimePoint now) {
  Progress progress;
  // Its end is looked at before its output is: what it wrote before its end is then all there.
  const std::optional<ProcessEnd> ended = child_.try_wait();
  const bool drained = receive(now, progress.output);
  if (noise_.is_over()) send(now);
  progress.busy = !drained || more_to_send_;
  next_look_ = now + (child_.output ? kScriptLook : kScriptLookSoon);
  if (ended && drained) end(*ended, progress);
  return progress;
}

void OpensshScript::send(TimePoint now) {
  more_to_send_ = false;
  const auto write_some = [&](const std::string& text, size_t& sent) {
    const ssize_t count = ::write(child_.input.get(), text.data() + sent, text.size() - sent);
    if (count < 0 && would_block(errno)) return false;
    if (count < 0) {  // it ended without reading all: its status says so
      child_.input.reset();
      return false;
    }
    sent += static_cast<size_t>(count);
    last_sign_of_life_ = now;
    return true;
  };
  while (child_.input && sent_ < script_.size())
    if (!write_some(script_, sent_)) return;
  for (int i = 0; child_.input && data_; ++i) {
    if (piece_sent_ == piece_.size()) {
      more_to_send_ = i >= kReadsPerTurn;
      if (more_to_send_) return;  // the others have their turn
      piece_ = data_(kDataPiece);
      piece_sent_ = 0;
      if (piece_.empty()) data_ = nullptr;
      continue;
    }
    if (!write_some(piece_, piece_sent_)) return;
  }
  child_.input.reset();
}

// False: there may be more to read at once.
bool OpensshScript::receive(TimePoint now, std::string& output) {
  std::array<char, kReadBuffer> buffer;
  const auto read_some = [&](Fd& fd, std::string& text) {
    for (int i = 0; i < kReadsPerTurn; ++i) {
      if (!fd) return true;
      const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
      if (count < 0 && would_block(errno)) return true;
      if (count <= 0) {
        fd.reset();
        return true;
      }
      text.append(buffer.data(), static_cast<size_t>(count));
      last_sign_of_life_ = now;
    }
    return false;
  };
  const bool errors_drained = read_some(child_.error_output, errors_);
  if (errors_.size() > kErrorsKept) errors_.erase(0, errors_.size() - kErrorsKept);
  const bool drained = read_some(child_.output, output);
  noise_.strip_from(output);
  return errors_drained && drained;
}

void OpensshScript::end(const ProcessEnd& end, Progress& progress) const {
  const bool by_ssh = !end.signal.empty() || end.status == kFailureOfSsh;
  const std::string said = visible(trim(errors_));
  if (!noise_.is_over() && by_ssh) {
    progress.refused = true;
  } else if (!noise_.is_over()) {
    progress.outcome = NotStarted{no_shell(names_of(*endpoint_), noise_.text() + errors_)};
  } else if (by_ssh) {
    progress.outcome = Lost{said.empty() ? "ssh ended with status 255" : said};
  } else {
    progress.outcome = Exited{end.status};
  }
}

void OpensshScript::add_waits(std::vector<pollfd>& waits) const {
  if (child_.output) waits.push_back({child_.output.get(), POLLIN, 0});
  if (child_.error_output) waits.push_back({child_.error_output.get(), POLLIN, 0});
  if (noise_.is_over() && child_.input) waits.push_back({child_.input.get(), POLLOUT, 0});
}

ChildProcess OpensshScript::abandon() {
  child_.input.reset();
  child_.output.reset();
  child_.error_output.reset();
  return std::move(child_);
}

}  // namespace segue
