#include "connector.hpp"

#include "limits.hpp"
#include "remote_errors.hpp"

#include "segue/os/random.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>

namespace segue {
namespace {

void set_option(const Fd& socket, int level, int option, int value) {
  ::setsockopt(socket.get(), level, option, &value, sizeof value);
}

Fd new_socket(const SocketAddress& address) {
  Fd socket(::socket(address.bytes.ss_family, SOCK_STREAM, 0));
  if (!socket) return socket;
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  set_nonblocking(socket.get());
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_USER_TIMEOUT
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(kUnansweredLimit.count()));
#endif
  return socket;
}

}  // namespace

Connector::Connector(Resolver& resolver, std::string host, int port, int dns_retries)
    : resolver_(resolver), host_(std::move(host)), port_(port), look_ups_left_(dns_retries) {
  look_up();
}

void Connector::look_up() {
  answer_ = std::make_shared<Answer>();
  resolver_.resolve(host_, port_,
                    [answer = answer_](ResolvedName name) { *answer = {true, std::move(name)}; });
}

Result<bool> Connector::advance(TimePoint now) {
  if (!answer_->arrived) return false;
  const ResolvedName& name = answer_->name;
  if (name.addresses.empty()) {
    if (!name.temporary || look_ups_left_ == 0)
      return tl::unexpected(name_unknown(host_, name.problem));
    if (retry_at_ == TimePoint::max()) retry_at_ = now + kLookUpDelay;
    if (now < retry_at_) return false;
    retry_at_ = TimePoint::max();
    --look_ups_left_;
    look_up();
    return false;
  }
  if (!socket_) {
    if (retry_at_ != TimePoint::max() && now < retry_at_) return false;
    retry_at_ = TimePoint::max();
    return try_next(now);
  }
  pollfd ready{socket_.get(), POLLOUT, 0};
  if (::poll(&ready, 1, 0) <= 0) {
    if (now < patience_until_) return false;
    return note_failure(ETIMEDOUT, now);
  }
  int number = 0;
  socklen_t length = sizeof number;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &number, &length);
  if (number == 0) return true;
  return note_failure(number, now);
}

Result<bool> Connector::try_next(TimePoint now) {
  const SocketAddress& address = answer_->name.addresses[next_];
  socket_ = new_socket(address);
  const bool is_last = next_ + 1 == answer_->name.addresses.size();
  patience_until_ = is_last ? TimePoint::max() : now + kPatiencePerAddress;
  if (!socket_) return note_failure(errno, now);
  const auto* bytes = reinterpret_cast<const sockaddr*>(&address.bytes);
  if (::connect(socket_.get(), bytes, address.length) == 0) return true;
  if (errno == EINPROGRESS || errno == EINTR) return false;
  return note_failure(errno, now);
}

Result<bool> Connector::note_failure(int number, TimePoint now) {
  const std::vector<SocketAddress>& addresses = answer_->name.addresses;
  const std::string& address = addresses[next_].text;
  socket_.reset();
  patience_until_ = TimePoint::max();
  if (!first_problem_)
    first_problem_ = number == ECONNREFUSED ? connection_refused(address, port_)
                                            : connection_failed(address, port_, errno_text(number));
  if (++next_ < addresses.size()) return try_next(now);
  if (number != ECONNREFUSED || refused_once_) return tl::unexpected(*first_problem_);
  refused_once_ = true;
  next_ = 0;
  retry_at_ = now + kRetryDelay + Duration(random_below(static_cast<size_t>(kRetryDelay.count())));
  return false;
}

void Connector::add_waits(std::vector<pollfd>& waits) const {
  if (socket_) waits.push_back({socket_.get(), POLLOUT, 0});
}

}  // namespace segue
