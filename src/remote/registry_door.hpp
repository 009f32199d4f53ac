// The door through which one host reads what is lent to it: takes connections in, lets through what
// the loan allows (lent_request.hpp), and copies the answer of the registry, or of the loan itself,
// back. Never blocks, and holds no more than a buffer for each connection.
//   RegistryDoor door(loan);  door.accept(std::move(socket));
//   door.add_waits(waits); ... door.advance(now);
#pragma once
#include "segue/base/duration.hpp"
#include "segue/os/fd.hpp"
#include "segue/remote/registry_loan.hpp"

#include <poll.h>

#include <list>
#include <string>
#include <vector>

namespace segue {

class RegistryDoor {
 public:
  explicit RegistryDoor(RegistryLoan loan) : loan_(std::move(loan)) {}
  RegistryDoor(const RegistryDoor&) = delete;
  RegistryDoor& operator=(const RegistryDoor&) = delete;
  ~RegistryDoor();

  const RegistryLoan& loan() const { return loan_; }

  // A connected stream whose other end is the host's.
  void accept(Fd client);

  // Listens on a socket of this machine besides, which only its owner may connect to. Code::failed.
  Result<> listen(const std::string& path);

  void advance(TimePoint now);
  TimePoint next_deadline() const;  // when who has not asked for anything is sent away
  void add_waits(std::vector<pollfd>& waits) const;

  // Bytes that went to the host.
  unsigned long long sent() const { return sent_; }

 private:
  struct Visit {
    Fd client;
    TimePoint came;
    Fd registry;         // not open: the request has not been read, or is answered here
    DataReader data;     // what follows an answer of ours
    size_t turn = 0;     // of that data
    std::string asked;   // of the request, until it is whole; then what the registry is still sent
    std::string answer;  // on its way to the host
    bool is_read = false;
    bool is_answered = false;  // no more of the answer will come
    bool is_over = false;
  };
  void take_in();
  void advance(Visit& visit);
  void read_request(Visit& visit);
  bool has_to_wait(const Visit& visit) const;
  void answer_more(Visit& visit);
  void ask_registry(Visit& visit);
  bool hand_over(Visit& visit);

  RegistryLoan loan_;
  std::list<Visit> visits_;
  Fd listener_;
  std::string listener_path_;
  unsigned long long sent_ = 0;
};

}  // namespace segue
