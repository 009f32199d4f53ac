// Any bytes as known_hosts, and a name and a key out of them: never a crash, and nothing is known
// or refused without a line that says so.
#include "../../src/remote/known_hosts.hpp"

#include "segue/base/text.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using segue::KnownHosts;
using segue::KnownHostsVerdict;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The first line is the host that is asked for, the second one the key.
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t host_end = all.find('\n');
  const size_t key_end =
      host_end == std::string_view::npos ? host_end : all.find('\n', host_end + 1);
  if (key_end == std::string_view::npos) return 0;
  const std::string_view host = all.substr(0, host_end);
  const std::string_view key = all.substr(host_end + 1, key_end - host_end - 1);
  KnownHosts known;
  known.add("known_hosts", all.substr(key_end + 1));
  for (const int port : {22, 2222}) {
    const KnownHostsVerdict verdict = known.check(host, port, key);
    const bool by_line = verdict.where.starts_with("known_hosts:");
    if (by_line != (verdict.kind != KnownHostsVerdict::Kind::unknown)) std::abort();
    known.has_authority(host, port);
    if (verdict.kind == KnownHostsVerdict::Kind::known && known.types_of(host, port).empty())
      std::abort();
  }
  return 0;
}
