// Proves who we are, with key files first and the agent's keys then, one after the other and
// without blocking. What was tried, and why it was not enough, is said in the error.
//   Authenticator authenticator(session, settings);
//   TRY_ASSIGN(const bool done, authenticator.advance());
#pragma once
#include "agent_client.hpp"
#include "agent_messages.hpp"
#include "host_settings.hpp"
#include "key_file.hpp"
#include "ssh_session.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace segue {

class Authenticator {
 public:
  Authenticator(SshSession& session, const HostSettings& settings);

  // True: the server knows us now.
  Result<bool> advance();

  // The server has hung up amid it: too many keys.
  bool was_cut_off() const { return cut_off_; }

  // The descriptor to wait for: the agent's while it thinks, else the session's.
  pollfd wait() const;

 private:
  enum class Phase { methods, key_files, listing_agent, agent_keys };
  enum class Answer { again, accepted, next };

  Result<bool> ask_methods();
  Result<bool> try_key_files();
  Result<bool> list_agent();
  Result<bool> try_agent_keys();
  Result<Answer> judge(int number, const std::string& label);
  void read_key_files();
  bool wants(const AgentKey& key) const;
  bool is_named(const AgentKey& key) const;
  Error refused() const;

  static int sign(LIBSSH2_SESSION* session, unsigned char** signature, size_t* length,
                  const unsigned char* data, size_t data_length, void** abstract);
  int sign_with_agent(std::string_view data, unsigned char** signature, size_t* length);

  SshSession& session_;
  const HostSettings& settings_;
  Phase phase_ = Phase::methods;
  std::vector<KeyFile> key_files_;
  size_t next_ = 0;      // index in the list of this phase
  size_t attempts_ = 0;  // keys the server was asked about
  std::set<std::string> tried_public_keys_;
  std::vector<std::string> tried_;  // "FILE was refused", for the error
  std::unique_ptr<AgentClient> agent_;
  std::vector<AgentKey> agent_keys_;
  bool waiting_for_agent_ = false;
  std::string agent_problem_;
  bool cut_off_ = false;
};

}  // namespace segue
