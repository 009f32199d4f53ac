// Whether the other end of a session still answers: sends it something to answer when nothing else
// has been sent for a while, and notes when no answer comes.
//   signs.begin(Duration{10'000}, now);   ...   signs.send(session, now);
//   if (signs.are_missing(session, now, true)) ...
#pragma once
#include "limits.hpp"
#include "ssh_session.hpp"

#include "segue/base/duration.hpp"

#include <optional>

namespace segue {

class SignsOfLife {
 public:
  // `interval` 0: none are sent.
  void begin(Duration interval, TimePoint now) {
    interval_ = interval;
    next_ = interval == Duration{0} ? TimePoint::max() : now + interval;
    unanswered_since_.reset();
  }
  void end() { begin(Duration{0}, TimePoint{}); }

  TimePoint next() const { return next_; }

  void send(SshSession& session, TimePoint now) {
    if (now < next_) return;
    next_ = session.keep_alive(now);
    if (!unanswered_since_ && next_ != TimePoint::max()) unanswered_since_ = now;
  }

  // Asked after all that has arrived was read. When nobody reads (`listening`), silence says
  // nothing.
  bool are_missing(const SshSession& session, TimePoint now, bool listening) {
    if (!unanswered_since_) return false;
    if (session.last_received() >= *unanswered_since_ || !listening) unanswered_since_.reset();
    return unanswered_since_ && now - *unanswered_since_ >= interval_ * kSignsUnanswered;
  }

 private:
  Duration interval_{0};
  TimePoint next_ = TimePoint::max();
  std::optional<TimePoint> unanswered_since_;  // a sign was sent, and nothing has come
};

}  // namespace segue
