#include "openssh_master.hpp"

#include "limits.hpp"
#include "openssh_failure.hpp"
#include "remote_errors.hpp"
#include "wire.hpp"

#include "segue/os/random.hpp"
#include "segue/os/real_files.hpp"
#include "segue/remote/ssh_command.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>

namespace segue {
namespace {

constexpr Duration kLoginLook{20};            // how soon a ssh that logs in is looked at again
constexpr std::string_view kPersist = "120";  // seconds after the last script, if we are gone
constexpr size_t kLogLimit = size_t{256} * 1024;
constexpr int kNoSuchProgram = 127;

// Of OpenSSH's multiplexing protocol (PROTOCOL.mux).
constexpr uint32_t kMuxHello = 1;
constexpr uint32_t kMuxVersion = 4;
constexpr uint32_t kMuxTerminate = 0x10000005;
constexpr Duration kFarewell{500};

Fd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Fd();
  path.copy(address.sun_path, path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return socket;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    socket.reset();
  return socket;
}

std::string mux_packet(std::initializer_list<uint32_t> numbers) {
  std::string bytes;
  for (const uint32_t number : numbers) append_number(bytes, number);
  std::string packet;
  append_string(packet, bytes);
  return packet;
}

// It answers with a greeting and a "yes", then leaves; whoever does not answer leaves by itself.
void terminate(const std::string& path) {
  const Fd socket = connect_to(path);
  if (!socket) return;
  const std::string request = mux_packet({kMuxHello, kMuxVersion}) + mux_packet({kMuxTerminate, 1});
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return;
  const TimePoint end = Clock::now() + kFarewell;
  while (Clock::now() < end) {
    pollfd ready{socket.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(kFarewell.count())) <= 0) return;
    std::array<char, 256> answer{};
    if (::recv(socket.get(), answer.data(), answer.size(), 0) <= 0) return;
  }
}

std::string seconds(Duration time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
}

// Its errors go to a file: as a pipe they would end with us, and take a ProxyCommand along that
// writes to them.
std::vector<std::string> master_command(const Endpoint& endpoint, const std::string& socket,
                                        const std::string& log) {
  std::vector<std::string> words = {"/bin/sh", "-c", "exec \"$@\" 2>\"$0\"", log, "ssh", "-v",
                                    "-N",      "-T"};
  const auto option = [&](const std::string& text) { words.insert(words.end(), {"-o", text}); };
  option("BatchMode=yes");
  option("ControlMaster=yes");
  option("ControlPath=" + socket);
  option("ControlPersist=" + std::string(kPersist));
  option("ConnectTimeout=" + seconds(endpoint.connect_timeout));
  option("ServerAliveInterval=" + seconds(endpoint.keepalive));
  option("ServerAliveCountMax=2");
  option("ClearAllForwardings=yes");
  option("ForwardX11=no");
  option("PermitLocalCommand=no");
  option("RemoteCommand=none");
  const std::vector<std::string> options = ssh_options(endpoint);
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--", endpoint.address});
  return words;
}

}  // namespace

OpensshMaster::OpensshMaster(const Endpoint& endpoint, const std::string& folder, KeyRing& ring,
                             TimePoint now)
    : endpoint_(endpoint),
      socket_(folder + "/" + random_hex(kSocketNameBytes)),
      log_(socket_ + ".log"),
      ring_(ring),
      lent_(socket_),
      deadline_(now + endpoint.connect_timeout),
      look_at_(now) {}

OpensshMaster::~OpensshMaster() {
  if (child_) child_->kill_group();
  if (ready_ || child_) terminate(socket_);
  RealFiles files;
  files.remove(socket_);
  files.remove(log_);
}

Result<> OpensshMaster::start() {
  if (endpoint_.address.empty() || endpoint_.address.starts_with('-'))
    return tl::unexpected(
        unreachable(fmt::format("\"{}\" is not the name of a host", endpoint_.address)));
  const Duration asked_before = ring_.spent_asking();
  const Result<Endpoint> usable = lent_.lend(endpoint_, ring_);
  of_no_use_ = !usable;
  if (!usable) return tl::unexpected(usable.error());
  deadline_ += ring_.spent_asking() - asked_before;
  ProcessRequest request;
  request.argv = master_command(*usable, socket_, log_);
  // Nobody is there to be asked, not even by a window; and what it says is to be understood.
  request.environment = {{"SSH_ASKPASS_REQUIRE", "never"}, {"LC_ALL", "C"}};
  auto child = ChildProcess::start(request, ChildProcess::Streams::merged);
  if (!child) return tl::unexpected(unreachable(child.error().what));
  child->input.reset();
  child_ = std::move(*child);
  return {};
}

Result<bool> OpensshMaster::advance(TimePoint now) {
  if (ready_) return true;
  if (now >= deadline_) {
    const OpensshFailure failure = read_openssh_failure(endpoint_, take_log());
    HostSettings settings;
    settings.host = endpoint_.address;
    settings.port = endpoint_.port.value_or(settings.port);
    if (failure.kind == OpensshFailure::Kind::dropped) return tl::unexpected(failure.error);
    return tl::unexpected(
        connect_timed_out(settings, endpoint_.connect_timeout, "logging in with ssh"));
  }
  if (!child_) {
    if (now < look_at_) return false;
    TRY(start());
  }
  if (!child_) return false;
  look_at_ = now + kLoginLook;
  std::array<char, 256> unread{};
  if (child_->output && ::read(child_->output.get(), unread.data(), unread.size()) == 0)
    child_->output.reset();
  const std::optional<ProcessEnd> end = child_->try_wait();
  if (!end) return false;
  child_.reset();
  return judge(*end, now);
}

Result<bool> OpensshMaster::judge(const ProcessEnd& end, TimePoint now) {
  if (end.signal.empty() && end.status == 0) {
    ready_ = true;
    lent_.take_back();
    RealFiles().remove(log_);  // the master goes on writing to it: nobody sees it any more
    return true;
  }
  if (end.status == kNoSuchProgram) {
    of_no_use_ = true;
    return tl::unexpected(unreachable("there is no `ssh` on this machine, which reaches this host",
                                      "install OpenSSH's client"));
  }
  const OpensshFailure failure = read_openssh_failure(endpoint_, take_log());
  of_no_use_ = failure.kind == OpensshFailure::Kind::refused_keys;
  if (failure.kind != OpensshFailure::Kind::dropped || ++attempts_ >= kMostConnectAttempts)
    return tl::unexpected(failure.error);
  const Duration wait = kRetryDelay * attempts_;
  look_at_ = now + wait + Duration(random_below(static_cast<size_t>(wait.count())));
  return false;
}

std::string OpensshMaster::take_log() {
  const auto text = RealFiles().read(log_, kLogLimit);
  return lent_.with_names(text.value_or(""));
}

bool OpensshMaster::is_alive() const {
  return ready_ && static_cast<bool>(connect_to(socket_));
}

TimePoint OpensshMaster::next_deadline() const {
  return std::min(deadline_, look_at_);
}

void OpensshMaster::add_waits(std::vector<pollfd>& waits) const {
  if (child_ && child_->output) waits.push_back({child_->output.get(), POLLIN, 0});
}

}  // namespace segue
