// One of the many clients: makes one request after the other, each when the loop says start().
//
//   if (client.may_start(now)) client.start();
//   client.on_event(events);  client.on_time(now);       // until may_start again
#pragma once

#include "connection.hpp"
#include "options.hpp"
#include "tally.hpp"

#include <sys/epoll.h>

namespace segue {

class Client {
 public:
  Client(Kind kind, const LoadOptions& options, Tally& tally, int epoll, sockaddr_in target)
      : kind_(kind),
        options_(options),
        tally_(tally),
        target_(target),
        connection_(epoll, this, options.tls.get(), options.name()) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  virtual void start() = 0;
  virtual void on_event(std::uint32_t events) = 0;
  virtual void on_time(LoadClock::time_point now) = 0;
  virtual void finish() = 0;  // the end has come: nothing new
  virtual bool is_busy() const = 0;

  bool may_start(LoadClock::time_point now) const { return !is_busy() && now >= not_before_; }
  Kind kind() const { return kind_; }

 protected:
  LoadClock::time_point deadline() const {
    return LoadClock::now() + std::chrono::duration_cast<LoadClock::duration>(options_.timeout);
  }
  bool allows(const std::string& version) const;
  void fail(Failure failure, const std::string& detail = "");
  void fail_to_connect(int error);

  const Kind kind_;
  const LoadOptions& options_;
  Tally& tally_;
  const sockaddr_in target_;
  Connection connection_;
  LoadClock::time_point not_before_{};  // a pause after a failure, so that failing is not a flood
};

std::string first_word(const std::string& text);

}  // namespace segue
