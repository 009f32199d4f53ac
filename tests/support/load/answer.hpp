// Reads one HTTP answer from bytes as they come.
//
//   Answer answer;
//   if (answer.add(bytes) && answer.is_complete()) use(answer.status(), answer.body());
//
// Knows Content-Length, chunked bodies, bodies that end with the connection, and 101.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segue {

class Answer {
 public:
  bool add(std::string_view bytes);  // false: this is not HTTP
  void add_end();                    // the peer has closed

  bool has_begun() const { return begun_; }
  bool is_complete() const { return state_ == State::complete; }
  bool keeps_alive() const { return keeps_alive_; }
  int status() const { return status_; }
  const std::string& body() const { return body_; }
  std::string take_rest() { return std::move(in_); }  // what came behind a 101

 private:
  enum class State { head, body, chunk_size, chunk, until_end, complete };

  bool read_head();
  bool read_chunk_size();
  void read_field(std::string_view name, std::string_view value);
  void take_body();

  State state_ = State::head;
  std::string in_;
  std::string body_;
  std::size_t left_ = 0;  // bytes of the body, or of the chunk and its line end
  int status_ = 0;
  bool begun_ = false;
  bool keeps_alive_ = true;
  bool has_length_ = false;
  bool is_chunked_ = false;
};

}  // namespace segue
