#include "ssh_session.hpp"

#include "algorithm_lists.hpp"
#include "limits.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace segue {
namespace {

constexpr size_t kGreetingKept = size_t{16} * 1024;
constexpr int kAcknowledgedAtOnce = 32;  // more often nothing arrives during a login

std::vector<std::string> supported(LIBSSH2_SESSION* session, int method) {
  const char** names = nullptr;
  const int count = libssh2_session_supported_algs(session, method, &names);
  std::vector<std::string> list;
  list.reserve(static_cast<size_t>(std::max(count, 0)));
  for (int i = 0; i < count; ++i) list.emplace_back(names[i]);
  if (names != nullptr) libssh2_free(session, static_cast<void*>(names));
  return list;
}

bool is_in(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool has_common(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  return std::any_of(one.begin(), one.end(),
                     [&](const std::string& name) { return is_in(other, name); });
}

}  // namespace

Result<std::unique_ptr<SshSession>> SshSession::create(Fd socket, Duration keepalive) {
  static const int initialised = libssh2_init(0);
  if (initialised != 0) return fail(Code::internal, "libssh2 does not start");
  std::unique_ptr<SshSession> session(new SshSession(std::move(socket), keepalive));
  session->session_ = libssh2_session_init_ex(nullptr, nullptr, nullptr, session.get());
  if (session->session_ == nullptr) return fail(Code::internal, "no memory for an SSH session");
  libssh2_session_set_blocking(session->session_, 0);
#if LIBSSH2_VERSION_NUM >= 0x010b01
  libssh2_session_callback_set2(session->session_, LIBSSH2_CALLBACK_RECV,
                                reinterpret_cast<libssh2_cb_generic*>(&receive_and_keep));
#else
  libssh2_session_callback_set(session->session_, LIBSSH2_CALLBACK_RECV,
                               reinterpret_cast<void*>(&receive_and_keep));
#endif
  // An answer is asked for: a server that has stopped shows in that none comes.
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(keepalive).count();
  if (seconds > 0) libssh2_keepalive_config(session->session_, 1, static_cast<unsigned>(seconds));
  return session;
}

SshSession::SshSession(Fd socket, Duration keepalive)
    : socket_(std::move(socket)), keepalive_(keepalive) {}

SshSession::~SshSession() {
  if (session_ == nullptr) return;
  libssh2_session_disconnect(session_, "done");
  // A socket that is shut down fails at once, so that nothing below asks to be called again.
  ::shutdown(socket_.get(), SHUT_RDWR);
  constexpr int kMostTries = 100;
  for (int i = 0; i < kMostTries && libssh2_session_free(session_) == LIBSSH2_ERROR_EAGAIN; ++i) {
  }
}

ssize_t SshSession::receive_and_keep(libssh2_socket_t fd, void* buffer, size_t length, int flags,
                                     void** abstract) {
  const ssize_t count = ::recv(fd, buffer, length, flags);
  if (count < 0) return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
  auto* self = static_cast<SshSession*>(*abstract);
  if (count > 0) self->last_received_ = Clock::now();
#ifdef TCP_QUICKACK
  // Until its first command sshd waits for us to acknowledge what it has sent before it sends a
  // little more (Nagle), and we would wait 40 ms for something to send along with that. (libssh2
  // reads the greeting byte by byte.)
  if (count > 0 && length > 1 && self->acknowledged_at_once_ < kAcknowledgedAtOnce) {
    ++self->acknowledged_at_once_;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  }
#endif
  if (self->has_shaken_hands_) return count;
  std::string& kept = self->greeting_bytes_;
  const size_t room = kGreetingKept - std::min(kGreetingKept, kept.size());
  kept.append(static_cast<const char*>(buffer), std::min(room, static_cast<size_t>(count)));
  return count;
}

void SshSession::prefer_host_keys(const std::vector<std::string>& types) {
  const std::vector<std::string> all = supported(session_, LIBSSH2_METHOD_HOSTKEY);
  std::vector<std::string> order;
  const auto add = [&](const std::string& name) {
    if (is_in(all, name) && !is_in(order, name)) order.push_back(name);
  };
  for (const std::string& type : types) {
    // One RSA key, three ways of signing with it.
    if (type == "ssh-rsa") add("rsa-sha2-512"), add("rsa-sha2-256");
    add(type);
  }
  for (const std::string& name : all)
    if (name != "ssh-dss") add(name);
  libssh2_session_method_pref(session_, LIBSSH2_METHOD_HOSTKEY, join(order, ",").c_str());
}

void SshSession::limit_waiting(Duration time) {
#if LIBSSH2_VERSION_NUM >= 0x010b00
  libssh2_session_set_read_timeout(session_, std::chrono::ceil<std::chrono::seconds>(time).count());
#else
  static_cast<void>(time);
#endif
}

int SshSession::handshake() {
  const int number = libssh2_session_handshake(session_, socket_.get());
  has_shaken_hands_ = number == 0;
  if (has_shaken_hands_) greeting_bytes_ = {};  // nobody asks for it any more
  return number;
}

bool SshSession::greeted() const {
  // Lines before the greeting are allowed; a busy sshd says "Exceeded MaxStartups" and leaves.
  return greeting_bytes_.starts_with("SSH-") || contains(greeting_bytes_, "\nSSH-");
}

std::string SshSession::said_instead_of_greeting() const {
  return greeted() ? std::string() : visible(trim(greeting_bytes_));
}

std::string SshSession::host_key() const {
  size_t length = 0;
  int type = 0;
  const char* bytes = libssh2_session_hostkey(session_, &length, &type);
  return bytes == nullptr ? std::string() : std::string(bytes, length);
}

std::string SshSession::missing_algorithms() const {
  const std::optional<OfferedAlgorithms> offered = read_offered_algorithms(greeting_bytes_);
  if (!offered) return {};
  constexpr int kMethods[] = {LIBSSH2_METHOD_KEX,      LIBSSH2_METHOD_HOSTKEY,
                              LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC,
                              LIBSSH2_METHOD_MAC_CS,   LIBSSH2_METHOD_MAC_SC};
  for (size_t i = 0; i < offered->lists.size(); ++i) {
    const std::vector<std::string>& list = offered->lists[i];
    if (!has_common(list, supported(session_, kMethods[i])))
      return fmt::format("{}: the server offers only {}", OfferedAlgorithms::kNames[i],
                         visible(join(list, ", ")));
  }
  return {};
}

bool SshSession::is_gone() const {
  char byte = 0;
  const ssize_t count = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

bool SshSession::has_unsent() const {
  return (libssh2_session_block_directions(session_) & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
}

pollfd SshSession::wait() const {
  return {socket_.get(), static_cast<short>(has_unsent() ? POLLIN | POLLOUT : POLLIN), 0};
}

std::string SshSession::last_error() const {
  char* text = nullptr;
  int length = 0;
  libssh2_session_last_error(session_, &text, &length, 0);
  return text == nullptr ? std::string() : visible(std::string(text, static_cast<size_t>(length)));
}

TimePoint SshSession::keep_alive(TimePoint now) {
  if (keepalive_ == Duration{0}) return TimePoint::max();
  // A keepalive that is sent only in part would block everything behind it.
  pollfd room{socket_.get(), POLLOUT, 0};
  if (has_unsent() || ::poll(&room, 1, 0) != 1) return now + std::chrono::seconds(1);
  int seconds = 0;
  libssh2_keepalive_send(session_, &seconds);
  return now + std::chrono::seconds(std::max(seconds, 1));
}

bool is_channel_error(int number) {
  return number == LIBSSH2_ERROR_CHANNEL_FAILURE ||
         number == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED ||
         number == LIBSSH2_ERROR_CHANNEL_UNKNOWN || number == LIBSSH2_ERROR_CHANNEL_CLOSED ||
         number == LIBSSH2_ERROR_CHANNEL_EOF_SENT;
}

}  // namespace segue
