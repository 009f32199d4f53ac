// What happened to the requests: counts by kind of failure and by version, and latencies.
//
//   tally.add_success(Kind::fresh, "v1", 1.5ms);   tally.add_failure(Kind::post, Failure::reset,
//   ""); std::puts(tally.line().c_str());               // 0 of 48,210 requests failed
#pragma once

#include "options.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace segue {

enum class Failure {
  refused,           // nobody listens
  unreachable,       // connecting failed otherwise
  tls,               // no handshake: a certificate that is not trusted, an alert
  timeout,           // no complete answer in time
  reset,             // RST after the request was sent
  closed,            // FIN instead of an answer
  truncated,         // the answer ended too early
  status,            // not 200 (101 for websockets)
  version,           // a version that must not answer
  content,           // not HTTP, or not what was asked for
  websocket_cut,     // ended without a close frame
  websocket_closed,  // ended with one, though nobody asked
};
inline constexpr std::array<const char*, 12> kFailureNames{
    "refused",   "unreachable", "tls",     "timeout", "reset",         "closed",
    "truncated", "status",      "version", "content", "websocket_cut", "websocket_closed"};

class Tally {
 public:
  void add_success(Kind kind, const std::string& version, LoadClock::duration latency);
  void add_failure(Kind kind, Failure failure, const std::string& detail);
  void add_idle_close(bool was_reset);  // between two requests: no request failed
  void add_clean_websocket_close() { ++clean_websocket_closes_; }

  bool has_answer(Kind kind) const { return requests_[index(kind)] != failures_of(kind); }
  std::uint64_t failures() const;
  std::uint64_t requests() const;
  std::string json() const;
  std::string report() const;  // several lines, the last one as line()
  std::string line() const;

 private:
  struct Version {
    std::uint64_t answers = 0;
    LoadClock::duration first{}, last{};  // since the start
  };

  static std::size_t index(Kind kind) { return static_cast<std::size_t>(kind); }
  std::uint64_t failures_of(Kind kind) const;
  double percentile(double share) const;  // milliseconds
  double seconds() const;

  const LoadClock::time_point started_ = LoadClock::now();
  LoadClock::time_point last_success_ = started_;
  LoadClock::duration longest_gap_{};
  std::array<std::uint64_t, kKinds> requests_{};
  std::array<std::array<std::uint64_t, kFailureNames.size()>, kKinds> failures_{};
  std::map<std::string, Version> versions_;
  std::vector<std::string> examples_;  // the first few failures in words
  mutable std::vector<std::uint32_t> latencies_us_;
  std::uint64_t idle_closes_ = 0;
  std::uint64_t idle_resets_ = 0;
  std::uint64_t clean_websocket_closes_ = 0;
};

}  // namespace segue
