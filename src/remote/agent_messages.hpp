// The four messages of the SSH agent protocol that are needed (draft-miller-ssh-agent): the list
// of keys, and a signature. Requests are whole, with their length; answers come without it.
//   agent.send(list_request());  TRY_ASSIGN(auto keys, parse_key_list(answer));
#pragma once
#include "segue/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct AgentKey {
  std::string public_key;
  std::string comment;
};

struct AgentSignature {
  std::string algorithm;
  std::string bytes;
};

std::string list_request();
std::string sign_request(std::string_view public_key, std::string_view data, uint32_t flags);

// Errors: Code::failed, "the agent refused" or "the agent's answer makes no sense".
Result<std::vector<AgentKey>> parse_key_list(std::string_view answer);
Result<AgentSignature> parse_signature(std::string_view answer);

// Which flags make the agent sign with this algorithm: 4 for rsa-sha2-512, 2 for rsa-sha2-256.
uint32_t sign_flags(std::string_view algorithm);

}  // namespace segue
