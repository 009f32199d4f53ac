#include "login.hpp"

#include "jump_hosts.hpp"
#include "limits.hpp"
#include "remote_errors.hpp"
#include "wire.hpp"

#include "segue/base/base64.hpp"
#include "segue/base/text.hpp"
#include "segue/os/debug_log.hpp"
#include "segue/os/random.hpp"
#include "segue/os/real_files.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace segue {
namespace {

constexpr Duration kLookAtQuery{
    2};  // how soon a `ssh -G` that has closed its output is looked at again
constexpr size_t kSettingsLimit = 1 << 20;

// True when the stream has ended.
bool read_all(Fd& fd, std::string& text) {
  std::array<char, 16'384> buffer;
  while (fd) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (count <= 0 || text.size() > kSettingsLimit) fd.reset();
    if (count > 0) text.append(buffer.data(), static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

Login::Login(const Endpoint& endpoint, Surroundings surroundings, TimePoint now)
    : endpoint_(endpoint),
      surroundings_(surroundings),
      deadline_(now + endpoint.connect_timeout),
      asked_before_(surroundings.ring.spent_asking()) {}

Login::~Login() {
  if (query_) query_->kill_group();
}

Result<bool> Login::advance(TimePoint now) {
  while (true) {
    const Phase before = phase_;
    const Result<bool> done = step(now);
    if (!done) return tl::unexpected(problem_of_passage(done.error()));
    if (*done) return true;
    if (now >= deadline())
      return tl::unexpected(connect_timed_out(*settings_, endpoint_.connect_timeout, phase_text()));
    if (phase_ == before) return false;
  }
}

// Later by the time that somebody took to type a passphrase. The time that the jump host needs for
// itself is not this host's.
TimePoint Login::deadline() const {
  TimePoint deadline = deadline_;
  if (passage_ && passage_->opening == TimePoint::max()) return TimePoint::max();
  if (passage_) deadline = std::max(deadline, passage_->opening + endpoint_.connect_timeout);
  return deadline + (surroundings_.ring.spent_asking() - asked_before_);
}

// The session only knows that its socket was closed.
Error Login::problem_of_passage(const Error& error) {
  if (!passage_) return error;
  if (const std::optional<Error> problem = passage_->problem) {
    reason_for_openssh_ = passage_->reason_for_openssh;
    return *problem;
  }
  if (!passage_->lost.empty()) {
    reason_for_openssh_.clear();
    return connection_failed(settings_->host, settings_->port, passage_->lost);
  }
  return error;
}

Result<bool> Login::step(TimePoint now) {
  switch (phase_) {
    case Phase::beginning:
      TRY(begin(now));
      break;
    case Phase::settings:
      TRY(read_settings(now));
      break;
    case Phase::connecting:
      TRY(connect(now));
      break;
    case Phase::retrying:
      if (now < retry_at_) return false;
      TRY(set_out(now));
      break;
    case Phase::handshake:
      TRY(shake_hands(now));
      break;
    case Phase::authenticating: {
      Result<bool> done = authenticator_->advance();
      // Where the server has hung up, one more login would be one too many.
      if (!done && !session_->is_gone() && !authenticator_->was_cut_off())
        reason_for_openssh_ = "it knows more ways to log in";
      return done;
    }
  }
  return false;
}

Result<> Login::begin(TimePoint now) {
  if (endpoint_.address.empty() || endpoint_.address.starts_with('-'))
    return tl::unexpected(
        unreachable(fmt::format("\"{}\" is not the name of a host", visible(endpoint_.address))));
  *settings_ = default_host_settings(endpoint_);
  if (!endpoint_.read_ssh_config) return use_settings(default_host_settings(endpoint_), now);
  const ClientConfig& config = surroundings_.configs.of(endpoint_.ssh_config_file);
  if (const std::optional<std::string> lines = config.settings_of(endpoint_))
    return use_settings(read_host_settings(endpoint_, *lines), now);
  ProcessRequest request;
  request.argv = settings_command(endpoint_);
  Result<ChildProcess> query = ChildProcess::start(request, ChildProcess::Streams::separate);
  if (!query) {
    if (endpoint_.ssh_config_file.empty())
      return use_settings(default_host_settings(endpoint_), now);
    return tl::unexpected(
        unreachable(query.error().what + ", which reads " + endpoint_.ssh_config_file));
  }
  query->input.reset();
  query_ = std::make_unique<ChildProcess>(std::move(*query));
  phase_ = Phase::settings;
  return {};
}

Result<> Login::read_settings(TimePoint now) {
  const bool output_ended = read_all(query_->output, query_output_);
  const bool errors_ended = read_all(query_->error_output, query_errors_);
  const std::optional<ProcessEnd> end =
      output_ended && errors_ended ? query_->try_wait() : std::nullopt;
  look_at_ = now + kLookAtQuery;
  if (!end) return {};
  if (end->status != 0 || !end->signal.empty())
    return tl::unexpected(unreachable(
        fmt::format("`ssh -G {}` failed: {}", endpoint_.address, visible(trim(query_errors_))),
        "mend ~/.ssh/config, or set `ssh: {config: false}`"));
  query_.reset();
  return use_settings(read_host_settings(endpoint_, query_output_), now);
}

Result<> Login::use_settings(HostSettings settings, TimePoint now) {
  *settings_ = std::move(settings);
  if (settings_->host.starts_with('-'))
    return tl::unexpected(
        unreachable(fmt::format("\"{}\" is not the name of a host", visible(settings_->host))));
  auto known = surroundings_.known_hosts.read(settings_->known_hosts_files);
  if (!known) return tl::unexpected(unreachable(known.error().what));
  known_hosts_ = std::move(*known);
  settings_->only_openssh = only_openssh();
  if (!settings_->only_openssh.empty()) {
    reason_for_openssh_ = settings_->only_openssh;
    return tl::unexpected(needs_openssh(*settings_));
  }
  return set_out(now);
}

Result<> Login::set_out(TimePoint now) {
  if (settings_->jumps.empty()) {
    connector_ = std::make_unique<Connector>(surroundings_.resolver, settings_->host,
                                             settings_->port, endpoint_.dns_retries);
    phase_ = Phase::connecting;
    return {};
  }
  TRY_ASSIGN(Passage passage, surroundings_.jump_hosts.passage(endpoint_, *settings_, now));
  passage_ = std::move(passage.state);
  return begin_session(std::move(passage.socket));
}

// Besides settings: a host key that an authority has signed, keys with a certificate or in a
// device.
std::string Login::only_openssh() const {
  if (!settings_->only_openssh.empty()) return settings_->only_openssh;
  if (known_hosts_->has_authority(settings_->known_name, settings_->known_port))
    return "@cert-authority in known_hosts";
  RealFiles files;
  bool first = true;
  for (const std::string& path : settings_->key_files) {
    if (files.exists(path + "-cert.pub")) return "the certificate " + path + "-cert.pub";
    if (!first || !files.exists(path)) continue;
    first = false;
    const std::string text = files.read(path + ".pub", kKeyFileLimit).value_or("");
    if (text.starts_with("sk-")) return "the security key " + path;
  }
  return {};
}

Result<> Login::connect(TimePoint now) {
  TRY_ASSIGN(const bool connected, connector_->advance(now));
  if (!connected) return {};
  Fd socket = connector_->take();
  connector_.reset();
  return begin_session(std::move(socket));
}

Result<> Login::begin_session(Fd socket) {
  TRY_ASSIGN(session_, SshSession::create(std::move(socket), endpoint_.keepalive));
  session_->prefer_host_keys(known_hosts_->types_of(settings_->known_name, settings_->known_port));
  phase_ = Phase::handshake;
  return {};
}

Result<> Login::shake_hands(TimePoint now) {
  const int number = session_->handshake();
  if (number == LIBSSH2_ERROR_EAGAIN) return {};
  if (number != 0) return failed_handshake(number, now);
  TRY(check_host_key());
  authenticator_ =
      std::make_unique<Authenticator>(*session_, *settings_, endpoint_, surroundings_.ring);
  phase_ = Phase::authenticating;
  return {};
}

Result<> Login::failed_handshake(int number, TimePoint now) {
  const std::string said = session_->said_instead_of_greeting().substr(0, 200);
  const std::string problem = said.empty() ? session_->last_error() : "it said: " + said;
  const bool has_no_way = passage_ && passage_->problem;  // trying again would not help
  if (!session_->greeted() && !has_no_way) {
    // Too many connections at a time: the server drops some by chance, so it is tried again later.
    if (!session_->is_gone() || ++attempts_ >= kMostConnectAttempts)
      return tl::unexpected(dropped_before_greeting(*settings_, problem));
    const Duration wait = kRetryDelay * attempts_;
    retry_at_ = now + wait + Duration(random_below(static_cast<size_t>(wait.count())));
    session_.reset();
    phase_ = Phase::retrying;
    return {};
  }
  const std::string missing = session_->missing_algorithms();
  if (!missing.empty()) {
    reason_for_openssh_ = missing;
    return tl::unexpected(no_common_algorithm(*settings_, missing));
  }
  return tl::unexpected(connection_failed(
      settings_->host, settings_->port, fmt::format("handshake failed: {} ({})", problem, number)));
}

Result<> Login::check_host_key() {
  using Kind = KnownHostsVerdict::Kind;
  const std::string key = session_->host_key();
  const KnownHostsVerdict verdict =
      known_hosts_->check(settings_->known_name, settings_->known_port, key);
  debug_log("{}: host key {} {}", endpoint_.name, key_type_of(key), fingerprint(key));
  switch (verdict.kind) {
    case Kind::known:
      return {};
    case Kind::changed:
      return tl::unexpected(host_key_changed(*settings_, host_key_name(key), verdict.where));
    case Kind::revoked:
      return tl::unexpected(host_key_revoked(*settings_, host_key_name(key), verdict.where));
    case Kind::unknown:
      break;
  }
  // Another type of key is known for this host: then a new one is no first meeting.
  const bool first_meeting =
      known_hosts_->types_of(settings_->known_name, settings_->known_port).empty();
  if (settings_->accept_new && first_meeting && !key.empty()) return store_host_key(key);
  return tl::unexpected(host_key_unknown(*settings_, host_key_name(key)));
}

Result<> Login::store_host_key(const std::string& key) {
  if (settings_->known_hosts_files.empty()) return {};
  const std::string& path = settings_->known_hosts_files.front();
  RealFiles files;
  if (path == "/dev/null") return {};
  const std::string name =
      settings_->known_port == 22
          ? settings_->known_name
          : fmt::format("[{}]:{}", settings_->known_name, settings_->known_port);
  // An empty line does no harm; a line glued to an unfinished one would.
  const Result<> written = files.append(
      path, fmt::format("\n{} {} {}\n", name, key_type_of(key), encode_base64(key)), 0600);
  if (!written) return tl::unexpected(unreachable(written.error().what));
  surroundings_.known_hosts.forget();
  return {};
}

std::unique_ptr<SshSession> Login::take_session() {
  authenticator_.reset();
  return std::move(session_);
}

std::string_view Login::phase_text() const {
  if (passage_ && !passage_->waits_for.empty()) return passage_->waits_for;
  switch (phase_) {
    case Phase::beginning:
    case Phase::settings:
      return "reading the SSH settings";
    case Phase::connecting:
    case Phase::retrying:
      return "connecting";
    case Phase::handshake:
      return "in the handshake";
    case Phase::authenticating:
      return "logging in";
  }
  return "";
}

TimePoint Login::next_deadline() const {
  TimePoint next = deadline();
  if (phase_ == Phase::connecting) next = std::min(next, connector_->next_deadline());
  if (phase_ == Phase::retrying) next = std::min(next, retry_at_);
  if (phase_ == Phase::settings && !query_->output && !query_->error_output)
    next = std::min(next, look_at_);
  return next;
}

void Login::add_waits(std::vector<pollfd>& waits) const {
  if (phase_ == Phase::settings) {
    if (query_->output) waits.push_back({query_->output.get(), POLLIN, 0});
    if (query_->error_output) waits.push_back({query_->error_output.get(), POLLIN, 0});
  }
  if (phase_ == Phase::connecting) connector_->add_waits(waits);
  if (phase_ == Phase::handshake) waits.push_back(session_->wait());
  if (phase_ == Phase::authenticating) waits.push_back(authenticator_->wait());
}

}  // namespace segue
