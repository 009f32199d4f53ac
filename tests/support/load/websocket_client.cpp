#include "websocket_client.hpp"

namespace segue {
namespace {

constexpr std::chrono::milliseconds kBetweenMessages{200};
constexpr std::chrono::seconds kWaitForClose{1};

std::string masked_frame(unsigned opcode, const std::string& payload) {
  static constexpr char kMask[] = {0x11, 0x22, 0x33, 0x44};
  std::string frame{static_cast<char>(0x80U | opcode), static_cast<char>(0x80U | payload.size())};
  frame.append(kMask, sizeof kMask);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame.push_back(static_cast<char>(payload[i] ^ kMask[i % sizeof kMask]));
  }
  return frame;
}

}  // namespace

void WebsocketClient::start() {
  answer_ = Answer();
  in_.clear();
  version_.clear();
  expected_.clear();
  deadline_ = deadline();
  state_ = State::connecting;
  if (const int error = connection_.open(target_); error != 0) {
    state_ = State::idle;
    fail_to_connect(error);
  }
}

void WebsocketClient::on_event(std::uint32_t events) {
  if (state_ == State::idle) return;
  if (state_ == State::connecting) {
    if (const int error = connection_.take_error(); error != 0) {
      state_ = State::idle;
      return fail_to_connect(error);
    }
    state_ = State::opening;
    const std::string request = "GET /websocket HTTP/1.1\r\nHost: " + options_.host +
                                "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    if (!connection_.send(request)) give_up(Failure::reset, "while opening");
    return;
  }
  if ((events & EPOLLOUT) != 0 && !connection_.flush()) return on_end(true);
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read_bytes();
}

void WebsocketClient::read_bytes() {
  std::string bytes;
  const Connection::Read result = connection_.read(bytes);
  if (result == Connection::Read::nothing) return;
  if (result != Connection::Read::data) return on_end(result == Connection::Read::reset);
  if (state_ != State::opening) {
    in_ += bytes;
    return read_frames();
  }
  if (!answer_.add(bytes)) return give_up(Failure::content, "not HTTP");
  if (!answer_.is_complete()) return;
  if (answer_.status() != 101) {
    return give_up(Failure::status, std::to_string(answer_.status()) + " instead of 101");
  }
  state_ = State::open;
  deadline_ = LoadClock::time_point::max();
  next_message_ = LoadClock::now();
  in_ = answer_.take_rest();
  read_frames();
  if (finishing_) finish();
}

void WebsocketClient::on_end(bool was_reset) {
  if (state_ == State::closing) return end();
  if (state_ == State::opening) {
    return give_up(was_reset ? Failure::reset : Failure::closed, "while opening");
  }
  give_up(Failure::websocket_cut, (was_reset ? "reset, of " : "ended, of ") + version_);
}

void WebsocketClient::read_frames() {
  const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(in_[at]); };
  while (connection_.is_open() && in_.size() >= 2) {
    const std::size_t size = byte(1);
    if (size > 125) return give_up(Failure::content, "a long or masked frame");
    if (in_.size() < 2 + size) return;
    const unsigned opcode = byte(0) & 0x0FU;
    const std::string payload = in_.substr(2, size);
    in_.erase(0, 2 + size);
    on_frame(opcode, payload);
  }
}

void WebsocketClient::on_frame(unsigned opcode, const std::string& payload) {
  if (opcode == 1) return on_text(payload);
  if (opcode == 8) return on_close_frame();
  if (opcode == 9) connection_.send(masked_frame(10, payload));
}

void WebsocketClient::on_text(const std::string& text) {
  if (text.rfind("version ", 0) == 0) {
    const std::string version = text.substr(8);
    if (!allows(version) || (!version_.empty() && version != version_)) {
      return give_up(Failure::version, version + " after " + version_);
    }
    version_ = version;
    return;
  }
  if (state_ == State::closing) return;
  if (text != expected_) return give_up(Failure::content, text + " instead of " + expected_);
  tally_.add_success(kind_, version_, LoadClock::now() - sent_);
  expected_.clear();
  deadline_ = LoadClock::time_point::max();
}

void WebsocketClient::on_close_frame() {
  if (state_ == State::closing) return end();
  connection_.send(masked_frame(8, ""));
  if (!options_.websocket_may_close) return give_up(Failure::websocket_closed, "of " + version_);
  tally_.add_clean_websocket_close();
  end();
}

void WebsocketClient::send_message() {
  expected_ = "message " + std::to_string(++counter_);
  sent_ = LoadClock::now();
  next_message_ = sent_ + kBetweenMessages;
  deadline_ = deadline();
  if (!connection_.send(masked_frame(1, expected_))) on_end(true);
}

void WebsocketClient::on_time(LoadClock::time_point now) {
  if (state_ == State::idle) return;
  if (now >= deadline_) {
    if (state_ == State::closing) return end();
    return give_up(Failure::timeout, state_ == State::open ? "no echo" : "opening");
  }
  if (state_ == State::open && expected_.empty() && now >= next_message_) send_message();
}

void WebsocketClient::finish() {
  finishing_ = true;  // one that is just opening ends when it is open
  if (state_ != State::open) return;
  state_ = State::closing;
  deadline_ = LoadClock::now() + kWaitForClose;
  connection_.send(masked_frame(8, ""));
}

void WebsocketClient::give_up(Failure failure, const std::string& detail) {
  state_ = State::idle;
  fail(failure, detail);
}

void WebsocketClient::end() {
  connection_.close();
  state_ = State::idle;
}

}  // namespace segue
