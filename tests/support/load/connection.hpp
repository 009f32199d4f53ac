// One non-blocking TCP connection that an epoll instance watches for its owner.
//
//   Connection connection(epoll, owner);
//   connection.open(target);                 // then events come to `owner`
//   connection.send("GET ...");              // what does not fit is kept until flush()
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>

namespace segue {

class Connection {
 public:
  enum class Read { data, nothing, end, reset };

  Connection(int epoll, void* owner) : epoll_(epoll), owner_(owner) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }

  int open(const sockaddr_in& target);  // 0 or errno; the result comes with the first event
  int take_error();                     // of connecting: 0 or errno
  bool send(const std::string& bytes);  // false: the peer is gone
  bool flush();
  Read read(std::string& bytes);  // replaces `bytes`
  Read peek();
  void close();

  bool is_open() const { return fd_ >= 0; }

 private:
  void watch(std::uint32_t events, bool is_new);

  int epoll_;
  void* owner_;
  int fd_ = -1;
  bool wants_to_write_ = false;
  std::string unsent_;
};

}  // namespace segue
