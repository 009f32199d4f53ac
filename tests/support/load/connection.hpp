// One non-blocking TCP connection that an epoll instance watches for its owner; with a Tls,
// private: then the first bytes that are sent, or read, bring the handshake about.
//
//   Connection connection(epoll, owner, nullptr, "");
//   connection.open(target);                 // then events come to `owner`
//   connection.send("GET ...");              // what does not fit is kept until flush()
#pragma once

#include "tls.hpp"

#include <netinet/in.h>

#include <cstdint>
#include <string>

namespace segue {

class Connection {
 public:
  enum class Read { data, nothing, end, reset };

  Connection(int epoll, void* owner, const Tls* tls, std::string name)
      : epoll_(epoll), owner_(owner), tls_(tls), name_(std::move(name)) {}
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
  // Why this connection can't be private, or is not any more; empty without such a reason.
  const std::string& untrusted() const { return untrusted_; }

 private:
  void watch(std::uint32_t events, bool is_new);
  ssize_t write_some();
  Read judge(int count);

  int epoll_;
  void* owner_;
  const Tls* tls_;
  std::string name_;
  int fd_ = -1;
  SSL* session_ = nullptr;
  std::string untrusted_;
  bool wants_to_write_ = false;
  std::string unsent_;
};

}  // namespace segue
