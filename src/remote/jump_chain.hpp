// The jump hosts that a host is reached through, as `ssh -J` and ProxyJump take them:
// "me@first:2222,second". They stand in the order of the way; each is reached as its own settings
// say, by way of those before it.
//   if (const auto hops = parse_jump_chain(text)) last = jump_endpoint(endpoint, text, *hops);
#pragma once
#include "segue/remote/endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct JumpHop {
  std::string host;
  std::optional<std::string> user;
  std::optional<int> port;
  std::string written;  // "me@first:2222"
};

// At least one; nothing when it is not such a list, or holds %-tokens, which only ssh can expand.
std::optional<std::vector<JumpHop>> parse_jump_chain(std::string_view text);

// The last hop as an endpoint that is reached through those before it. As with `ssh -J`, user, port
// and keys of the host behind it do not count for it: only what ssh's configuration says does.
Endpoint jump_endpoint(const Endpoint& behind, const std::vector<JumpHop>& hops);

// The same for two endpoints that one session with this jump host can serve.
std::string jump_key(const Endpoint& hop);

}  // namespace segue
