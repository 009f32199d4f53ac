#include "http_client.hpp"

namespace segue {

constexpr std::chrono::seconds kWaitForClose{1};

void HttpClient::start() {
  answer_ = Answer();
  started_ = LoadClock::now();
  deadline_ = deadline();
  drop_if_closed();
  if (connection_.is_open()) return send_request();
  state_ = State::connecting;
  if (const int error = connection_.open(target_); error != 0) {
    state_ = State::idle;
    fail_to_connect(error);
  }
}

void HttpClient::drop_if_closed() {
  if (!connection_.is_open()) return;
  const Connection::Read seen = connection_.peek();
  if (seen == Connection::Read::nothing) return;
  if (seen == Connection::Read::data)
    return fail(Failure::content, "an answer that nobody asked for");
  tally_.add_idle_close(seen == Connection::Read::reset);
  connection_.close();
}

std::string HttpClient::request() {
  std::string path = options_.path;
  if (kind_ == Kind::slow) path = "/slow?ms=" + std::to_string(options_.slow_ms);
  std::string head = "Host: " + options_.host + "\r\nUser-Agent: segue_load\r\n";
  if (kind_ == Kind::fresh) head += "Connection: close\r\n";
  if (kind_ != Kind::post) return "GET " + path + " HTTP/1.1\r\n" + head + "\r\n";
  body_size_ = 1 + (counter_++ * 997U) % 8192;
  return "POST /echo HTTP/1.1\r\n" + head + "Content-Length: " + std::to_string(body_size_) +
         "\r\n\r\n" + std::string(body_size_, 'x');
}

void HttpClient::send_request() {
  state_ = State::waiting;
  if (!connection_.send(request())) give_up(Failure::reset, "while sending");
}

void HttpClient::on_event(std::uint32_t events) {
  switch (state_) {
    case State::idle:
      return drop_if_closed();
    case State::connecting:
      if (const int error = connection_.take_error(); error != 0) {
        state_ = State::idle;
        return fail_to_connect(error);
      }
      return send_request();
    case State::waiting:
      if ((events & EPOLLOUT) != 0 && !connection_.flush()) {
        return give_up(Failure::reset, "while sending");
      }
      if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read_answer();
      return;
    case State::closing: {
      std::string bytes;
      if (connection_.read(bytes) == Connection::Read::nothing) return;
      connection_.close();
      state_ = State::idle;
    }
  }
}

void HttpClient::read_answer() {
  std::string bytes;
  switch (connection_.read(bytes)) {
    case Connection::Read::nothing:
      return;
    case Connection::Read::data:
      if (!answer_.add(bytes)) return give_up(Failure::content, "not HTTP");
      break;
    case Connection::Read::end:
      answer_.add_end();
      if (!answer_.is_complete()) {
        return give_up(answer_.has_begun() ? Failure::truncated : Failure::closed);
      }
      break;
    case Connection::Read::reset:
      return give_up(answer_.has_begun() ? Failure::truncated : Failure::reset);
  }
  if (answer_.is_complete()) judge();
}

void HttpClient::judge() {
  const std::string& body = answer_.body();
  const std::string version = first_word(body);
  if (answer_.status() != 200) {
    return give_up(Failure::status, std::to_string(answer_.status()) + " " + body.substr(0, 80));
  }
  if (!allows(version)) return give_up(Failure::version, body.substr(0, 80));
  if (kind_ == Kind::post && body != version + " " + std::to_string(body_size_) + "\n") {
    return give_up(Failure::content, body.substr(0, 80));
  }
  tally_.add_success(kind_, version, LoadClock::now() - started_);
  state_ = State::idle;
  if (kind_ != Kind::fresh && answer_.keeps_alive()) return;
  // The server closes first: ports in TIME_WAIT on this side would soon run out.
  state_ = State::closing;
  deadline_ = LoadClock::now() + kWaitForClose;
}

void HttpClient::on_time(LoadClock::time_point now) {
  if (state_ == State::idle || now < deadline_) return;
  if (state_ == State::closing) {
    connection_.close();
    state_ = State::idle;
    return;
  }
  give_up(Failure::timeout, state_ == State::connecting ? "connecting" : "waiting for the answer");
}

void HttpClient::give_up(Failure failure, const std::string& detail) {
  state_ = State::idle;
  fail(failure, detail);
}

}  // namespace segue
