#include "answer.hpp"

#include <strings.h>

#include <algorithm>
#include <cstdlib>

namespace segue {
namespace {

bool is_same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

bool Answer::add(std::string_view bytes) {
  begun_ = true;
  in_.append(bytes);
  while (true) {
    const State before = state_;
    const std::size_t size = in_.size();
    if (state_ == State::head && !read_head()) return false;
    if (state_ == State::chunk_size && !read_chunk_size()) return false;
    if (state_ == State::body || state_ == State::chunk || state_ == State::until_end) take_body();
    if (state_ == State::complete || (state_ == before && in_.size() == size)) return true;
  }
}

void Answer::add_end() {
  if (state_ == State::until_end) state_ = State::complete;
}

bool Answer::read_head() {
  const std::size_t end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return in_.size() < 65536;
  if (in_.rfind("HTTP/1.", 0) != 0 || in_.size() < 12) return false;
  keeps_alive_ = in_[7] == '1';
  status_ = std::atoi(in_.c_str() + 9);
  for (std::size_t at = in_.find("\r\n") + 2; at < end;) {
    const std::size_t line_end = in_.find("\r\n", at);
    const std::string_view line(in_.data() + at, line_end - at);
    const std::size_t colon = std::min(line.find(':'), line.size());
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    read_field(line.substr(0, colon), value);
    at = line_end + 2;
  }
  in_.erase(0, end + 4);
  if (status_ == 101 || status_ == 204 || status_ == 304 || (has_length_ && left_ == 0)) {
    state_ = State::complete;
  } else if (is_chunked_) {
    state_ = State::chunk_size;
  } else {
    state_ = has_length_ ? State::body : State::until_end;
    keeps_alive_ = keeps_alive_ && has_length_;
  }
  return true;
}

void Answer::read_field(std::string_view name, std::string_view value) {
  if (is_same_word(name, "content-length")) {
    has_length_ = true;
    left_ = std::strtoul(std::string(value).c_str(), nullptr, 10);
  }
  if (is_same_word(name, "transfer-encoding")) is_chunked_ = is_same_word(value, "chunked");
  if (is_same_word(name, "connection") && is_same_word(value, "close")) keeps_alive_ = false;
}

bool Answer::read_chunk_size() {
  const std::size_t end = in_.find("\r\n");
  if (end == std::string::npos) return in_.size() < 64;
  char* after = nullptr;
  left_ = std::strtoul(in_.c_str(), &after, 16);
  if (after == in_.c_str()) return false;
  if (left_ == 0) {
    if (in_.size() < end + 4) return true;  // the empty line behind the last chunk
    in_.erase(0, end + 4);
    state_ = State::complete;
    return true;
  }
  in_.erase(0, end + 2);
  left_ += 2;
  state_ = State::chunk;
  return true;
}

void Answer::take_body() {
  if (state_ == State::until_end) {
    body_.append(in_);
    in_.clear();
    return;
  }
  const std::size_t count = std::min(left_, in_.size());
  body_.append(in_, 0, count);
  in_.erase(0, count);
  left_ -= count;
  if (left_ != 0) return;
  if (state_ == State::chunk) {
    body_.resize(body_.size() - 2);
    state_ = State::chunk_size;
  } else {
    state_ = State::complete;
  }
}

}  // namespace segue
