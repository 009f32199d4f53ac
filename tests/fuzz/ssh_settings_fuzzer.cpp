// Any bytes as the output of `ssh -G`, as lines of ssh_config, and as what `ssh -v` says of its
// end.
#include "../../src/remote/client_config_line.hpp"
#include "../../src/remote/host_settings.hpp"
#include "../../src/remote/openssh_failure.hpp"

#include "segue/base/text.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace segue;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Endpoint endpoint;
  endpoint.name = endpoint.address = "web-1";
  const HostSettings settings = read_host_settings(endpoint, text);
  if (settings.host.empty() || settings.user.empty() || settings.known_name.empty()) std::abort();
  for (const std::string& line : split_lines(text)) {
    const auto parsed = parse_client_config_line(line);
    if (!parsed) continue;
    size_t length = parsed->keyword.size();
    for (const std::string& word : parsed->words) length += word.size();
    if (length > line.size()) std::abort();
  }
  if (read_openssh_failure(endpoint, text).error.what.empty()) std::abort();
  return 0;
}
