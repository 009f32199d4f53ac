// A client that asks by HTTP: over a new connection each time, or over one that it keeps.
//
// A kept connection on which a FIN has come is not used again, and that is no failure. A connection
// that ends after the request was sent is one: nothing is tried again.
#pragma once

#include "answer.hpp"
#include "client.hpp"

namespace segue {

class HttpClient : public Client {
 public:
  using Client::Client;

  void start() override;
  void on_event(std::uint32_t events) override;
  void on_time(LoadClock::time_point now) override;
  void finish() override {}
  bool is_busy() const override { return state_ != State::idle; }

 private:
  enum class State { idle, connecting, waiting, closing };

  void drop_if_closed();
  void send_request();
  void read_answer();
  void judge();
  void give_up(Failure failure, const std::string& detail = "");
  std::string request();

  State state_ = State::idle;
  Answer answer_;
  LoadClock::time_point started_;
  LoadClock::time_point deadline_;
  std::size_t body_size_ = 0;
  unsigned counter_ = 0;
};

}  // namespace segue
