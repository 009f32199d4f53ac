#include "registry_door.hpp"

#include "lent_request.hpp"
#include "limits.hpp"

#include "segue/os/local_port.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace segue {
namespace {

constexpr size_t kLongestHead = size_t{16} * 1024;
constexpr int kVisitorsInLine = 16;
constexpr size_t kMostVisits = 64;
constexpr Duration kLongestAsking{15'000};  // else a silent visitor kept his place for ever

// Sends what it can, and drops that from the text; false: the other end is gone.
bool send_some(const Fd& socket, std::string& text) {
  const ssize_t count = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  if (count < 0) return would_block(errno);
  text.erase(0, static_cast<size_t>(count));
  return true;
}

}  // namespace

RegistryDoor::~RegistryDoor() {
  if (!listener_path_.empty()) ::unlink(listener_path_.c_str());
}

void RegistryDoor::accept(Fd client) {
  if (visits_.size() >= kMostVisits) return;
  set_nonblocking(client.get());
  Visit& visit = visits_.emplace_back();
  visit.client = std::move(client);
  visit.came = Clock::now();
}

Result<> RegistryDoor::listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Code::failed, path + " is too long for a socket");
  path.copy(address.sun_path, path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!socket) return fail(Code::failed, "no socket: " + errno_text(errno));
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  set_nonblocking(socket.get());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail(Code::failed, path + ": " + errno_text(errno));
  listener_path_ = path;
  if (::listen(socket.get(), kVisitorsInLine) != 0)
    return fail(Code::failed, path + ": " + errno_text(errno));
  listener_ = std::move(socket);
  return {};
}

void RegistryDoor::take_in() {
  while (listener_ && visits_.size() < kMostVisits) {
    Fd client(::accept(listener_.get(), nullptr, nullptr));
    if (!client) return;
    ::fcntl(client.get(), F_SETFD, FD_CLOEXEC);
    accept(std::move(client));
  }
}

void RegistryDoor::advance(TimePoint now) {
  take_in();
  for (Visit& visit : visits_) {
    advance(visit);
    if (!visit.is_read && now - visit.came > kLongestAsking) visit.is_over = true;
  }
  visits_.remove_if([](const Visit& visit) { return visit.is_over; });
}

void RegistryDoor::advance(Visit& visit) {
  if (!visit.is_read) read_request(visit);
  if (visit.is_over || !visit.is_read) return;
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    if (!visit.is_answered && visit.answer.empty()) answer_more(visit);
    if (visit.answer.empty() || !hand_over(visit)) break;
  }
  if (visit.is_answered && visit.answer.empty()) visit.is_over = true;
}

void RegistryDoor::read_request(Visit& visit) {
  std::array<char, 4096> buffer;
  while (!visit.is_read) {
    const ssize_t count = ::recv(visit.client.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && would_block(errno)) return;
    visit.is_over = count <= 0;
    if (visit.is_over) return;
    visit.asked.append(buffer.data(), static_cast<size_t>(count));
    const size_t end = visit.asked.find("\r\n\r\n");
    const bool whole = end != std::string::npos;
    visit.is_read = whole || !is_http(visit.asked) || visit.asked.size() > kLongestHead;
    if (!visit.is_read) continue;
    LentRequest request;
    request.answer = not_http_answer();
    if (whole) request = read_lent_request(std::string_view(visit.asked).substr(0, end + 4), loan_);
    visit.asked = std::move(request.to_registry);
    visit.answer = std::move(request.answer);
    visit.data = std::move(request.data);
    visit.turn = request.turn;
    visit.is_answered = visit.asked.empty() && !visit.data;
    if (visit.asked.empty()) continue;
    auto registry = connect_to_local_port(loan_.port);
    visit.is_over = !registry;
    if (registry) visit.registry = std::move(*registry);
  }
}

// One after the other, in the order in which the host can keep them: so what has arrived is of use,
// should the line be cut.
bool RegistryDoor::has_to_wait(const Visit& visit) const {
  return visit.data && std::any_of(visits_.begin(), visits_.end(), [&](const Visit& other) {
           return other.data && !other.is_answered && other.turn < visit.turn;
         });
}

void RegistryDoor::answer_more(Visit& visit) {
  if (!visit.data) return ask_registry(visit);
  if (has_to_wait(visit)) return;
  visit.answer = visit.data(kReadBuffer);
  visit.is_answered = visit.answer.empty();
}

void RegistryDoor::ask_registry(Visit& visit) {
  if (!visit.asked.empty()) {
    // Not connected yet.
    pollfd ready{visit.registry.get(), POLLOUT, 0};
    if (::poll(&ready, 1, 0) <= 0) return;
    visit.is_over = !send_some(visit.registry, visit.asked);
    if (visit.is_over || !visit.asked.empty()) return;
  }
  std::array<char, kReadBuffer> buffer;
  const ssize_t count = ::recv(visit.registry.get(), buffer.data(), buffer.size(), 0);
  if (count < 0 && would_block(errno)) return;
  // An answer that was cut short is seen by its length.
  visit.is_answered = count <= 0;
  if (count > 0) visit.answer.assign(buffer.data(), static_cast<size_t>(count));
}

// True: all of it has gone.
bool RegistryDoor::hand_over(Visit& visit) {
  const size_t before = visit.answer.size();
  visit.is_over = !send_some(visit.client, visit.answer);
  sent_ += before - visit.answer.size();
  return !visit.is_over && visit.answer.empty();
}

TimePoint RegistryDoor::next_deadline() const {
  TimePoint next = TimePoint::max();
  for (const Visit& visit : visits_)
    if (!visit.is_read) next = std::min(next, visit.came + kLongestAsking);
  return next;
}

void RegistryDoor::add_waits(std::vector<pollfd>& waits) const {
  if (listener_ && visits_.size() < kMostVisits) waits.push_back({listener_.get(), POLLIN, 0});
  for (const Visit& visit : visits_) {
    if (!visit.is_read)
      waits.push_back({visit.client.get(), POLLIN, 0});
    else if (!visit.answer.empty() || (visit.data && !has_to_wait(visit)))
      waits.push_back({visit.client.get(), POLLOUT, 0});
    else if (visit.registry)
      waits.push_back(
          {visit.registry.get(), static_cast<short>(visit.asked.empty() ? POLLIN : POLLOUT), 0});
  }
}

}  // namespace segue
