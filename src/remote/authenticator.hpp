// Proves who we are, with the keys that can be used as they are, then the agent's, then those whose
// passphrase somebody has to be asked for, one after the other and without blocking but for that
// question. What was tried, and why it was not enough, is said in the error.
//   Authenticator authenticator(session, settings, endpoint, ring);
//   TRY_ASSIGN(const bool done, authenticator.advance());
#pragma once
#include "agent_client.hpp"
#include "agent_messages.hpp"
#include "host_settings.hpp"
#include "key_ring.hpp"
#include "ssh_session.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace segue {

class Authenticator {
 public:
  Authenticator(SshSession& session, const HostSettings& settings, const Endpoint& endpoint,
                KeyRing& ring);

  // True: the server knows us now.
  Result<bool> advance();

  // The server has hung up amid it: too many keys.
  bool was_cut_off() const { return cut_off_; }

  // The descriptor to wait for: the agent's while it thinks, else the session's.
  pollfd wait() const;

 private:
  enum class Phase { methods, key_files, listing_agent, agent_keys, locked_keys };
  enum class Answer { again, accepted, next };

  Result<bool> ask_methods();
  Result<bool> try_key_files();
  Result<Answer> offer(const KeyFile& key);
  Result<bool> list_agent();
  Result<bool> go_without_agent(const std::string& why);
  Result<bool> try_agent_keys();
  Result<bool> try_locked_keys();
  Result<Answer> ask_whether_wanted(const KeyFile& key);
  Result<Answer> judge(int number, const std::string& label);
  void read_key_files();
  bool wants(const AgentKey& key) const;
  bool is_named(const AgentKey& key) const;
  Error refused() const;

  static int note_wish(LIBSSH2_SESSION* session, unsigned char** signature, size_t* length,
                       const unsigned char* data, size_t data_length, void** abstract);
  static int sign(LIBSSH2_SESSION* session, unsigned char** signature, size_t* length,
                  const unsigned char* data, size_t data_length, void** abstract);
  int sign_with_agent(std::string_view data, unsigned char** signature, size_t* length);

  SshSession& session_;
  const HostSettings& settings_;
  const Endpoint& endpoint_;
  KeyRing& ring_;
  Phase phase_ = Phase::methods;
  std::vector<KeyFile> key_files_;
  size_t next_ = 0;      // index in the list of this phase
  size_t attempts_ = 0;  // keys the server was asked about
  bool opened_ = false;  // the locked key in turn is open by now
  std::set<std::string> tried_public_keys_;
  std::vector<std::string> tried_;  // "FILE was refused", for the error
  std::unique_ptr<AgentClient> agent_;
  std::vector<AgentKey> agent_keys_;
  bool waiting_for_agent_ = false;
  std::string agent_problem_;
  bool cut_off_ = false;
};

}  // namespace segue
