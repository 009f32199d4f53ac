// Makes one TCP connection: looks the name up, then tries each address in turn, without blocking.
// A connection refused is tried once more, since a server may just be restarting.
//   Connector connector(resolver, "web-1.example.com", 22);
//   TRY_ASSIGN(const bool done, connector.advance(now));  if (done) use(connector.take());
#pragma once
#include "segue/base/duration.hpp"
#include "segue/os/fd.hpp"
#include "segue/os/resolver.hpp"

#include <poll.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace segue {

class Connector {
 public:
  Connector(Resolver& resolver, std::string host, int port, int dns_retries = 0);

  // True: connected. Errors are those of remote_errors.hpp.
  Result<bool> advance(TimePoint now);
  void add_waits(std::vector<pollfd>& waits) const;
  TimePoint next_deadline() const { return std::min(retry_at_, patience_until_); }

  Fd take() { return std::move(socket_); }

 private:
  void look_up();
  Result<bool> try_next(TimePoint now);
  Result<bool> note_failure(int number, TimePoint now);

  Resolver& resolver_;
  std::string host_;
  int port_ = 0;
  int look_ups_left_ = 0;
  struct Answer {
    bool arrived = false;
    ResolvedName name;
  };
  std::shared_ptr<Answer> answer_ = std::make_shared<Answer>();  // filled by the resolver
  size_t next_ = 0;                                              // index of the address to try next
  Fd socket_;
  bool refused_once_ = false;
  TimePoint retry_at_ = TimePoint::max();
  TimePoint patience_until_ = TimePoint::max();  // then the next address has its turn
  std::optional<Error> first_problem_;
};

}  // namespace segue
