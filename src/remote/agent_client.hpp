// A conversation with an SSH agent over its socket that never blocks: an agent may wait for a touch
// or a prompt as long as it likes. One request at a time.
//   TRY_ASSIGN(AgentClient agent, AgentClient::connect(path));
//   agent.send(list_request());  TRY_ASSIGN(auto answer, agent.receive());  if (answer) ...
#pragma once
#include "segue/os/fd.hpp"

#include <poll.h>

#include <optional>
#include <string>

namespace segue {

class AgentClient {
 public:
  static Result<AgentClient> connect(const std::string& path);

  void send(const std::string& request) { unsent_ += request; }

  // Writes and reads what is possible now. Nothing: the answer is not complete yet.
  Result<std::optional<std::string>> receive();

  pollfd wait() const;

 private:
  explicit AgentClient(Fd socket) : socket_(std::move(socket)) {}

  Fd socket_;
  std::string unsent_;
  std::string received_;
};

}  // namespace segue
