// The errors of reaching a host, each with what is wrong and what to do about it. All of them mean
// that nothing ran there: Code::unreachable.
//   return tl::unexpected(connection_refused("192.0.2.1", 22));
#pragma once
#include "host_settings.hpp"
#include "known_hosts.hpp"

#include "segue/base/duration.hpp"
#include "segue/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace segue {

Error unreachable(std::string what, std::string hint = {});
Error name_unknown(const std::string& name, const std::string& problem);
Error connection_refused(const std::string& address, int port);
Error connect_timed_out(const HostSettings& settings, Duration limit, std::string_view phase);
Error connection_failed(const std::string& address, int port, const std::string& problem);
Error dropped_before_greeting(const HostSettings& settings, const std::string& problem);

// How people tell a host's public key from another one.
struct HostKeyName {
  std::string type;         // "ssh-ed25519"
  std::string fingerprint;  // "SHA256:..."
};
HostKeyName host_key_name(std::string_view key);  // from its bytes

Error host_key_unknown(const HostSettings& settings, const HostKeyName& key);
Error host_key_changed(const HostSettings& settings, const HostKeyName& key,
                       const std::string& where);
Error host_key_revoked(const HostSettings& settings, const HostKeyName& key,
                       const std::string& where);

Error no_common_algorithm(const HostSettings& settings, const std::string& which);
Error keys_refused(const HostSettings& settings, const std::vector<std::string>& tried);
// The server hung up after so many keys.
Error too_many_keys(const HostSettings& settings, const std::vector<std::string>& tried);
// What only the system's ssh can do is set for a host that is not to be reached by it.
Error needs_openssh(const HostSettings& settings);
// `by` is the jump host: "jump host bastion".
Error forwards_nothing(const std::string& by, const std::string& host, int port);
Error no_way_on(const std::string& by, const std::string& host, int port);
Error no_shell(const HostSettings& settings, std::string_view printed);

// "SHA256:..." as ssh-keygen -l prints it.
std::string fingerprint(std::string_view key);

}  // namespace segue
