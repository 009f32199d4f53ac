// A client that keeps one websocket open, and expects an echo of each of its messages.
//
// A server may say `version NAME` at any time; the name must not change while the socket lives.
#pragma once

#include "answer.hpp"
#include "client.hpp"

namespace segue {

class WebsocketClient : public Client {
 public:
  using Client::Client;

  void start() override;
  void on_event(std::uint32_t events) override;
  void on_time(LoadClock::time_point now) override;
  void finish() override;
  bool is_busy() const override { return state_ != State::idle; }

 private:
  enum class State { idle, connecting, opening, open, closing };

  void read_bytes();
  void on_end(bool was_reset);
  void read_frames();
  void on_frame(unsigned opcode, const std::string& payload);
  void on_text(const std::string& text);
  void on_close_frame();
  void send_message();
  void give_up(Failure failure, const std::string& detail = "");
  void end();

  State state_ = State::idle;
  Answer answer_;
  std::string in_;
  std::string version_;
  std::string expected_;    // the echo that is due; empty when none is
  bool finishing_ = false;  // no further messages, once it is open
  unsigned counter_ = 0;
  LoadClock::time_point sent_;
  LoadClock::time_point next_message_;
  LoadClock::time_point deadline_;
};

}  // namespace segue
