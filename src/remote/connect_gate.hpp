// Limits how many connections are made at the same time, over all hosts and to one address: a
// server drops what is too much (sshd's MaxStartups). Whoever waits for room asks again in each
// turn of the loop: it comes when somebody leaves, and that happens in one.
//   if (gate.enter("web-1.example.com")) { ...connect...; gate.leave("web-1.example.com"); }
#pragma once
#include "limits.hpp"

#include <map>
#include <string>

namespace segue {

class ConnectGate {
 public:
  explicit ConnectGate(size_t most = kMostConnects) : most_(most) {}

  bool has_room(const std::string& address) const {
    const auto found = inside_.find(address);
    return total_ < most_ && (found == inside_.end() || found->second < kMostConnectsToOne);
  }
  bool enter(const std::string& address) {
    if (!has_room(address)) return false;
    ++total_;
    ++inside_[address];
    return true;
  }
  void leave(const std::string& address) {
    --total_;
    --inside_[address];
  }

 private:
  size_t most_;
  size_t total_ = 0;
  std::map<std::string, size_t> inside_;
};

}  // namespace segue
