// Any bytes as an agent's answer, and as a private key file: never a crash, and nothing longer
// comes out than went in.
#include "../../src/remote/agent_messages.hpp"
#include "../../src/remote/key_file.hpp"
#include "../../src/remote/openssh_key.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace segue;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto keys = parse_key_list(bytes)) {
    size_t length = 0;
    for (const AgentKey& key : *keys) length += key.public_key.size() + key.comment.size();
    if (length > size) std::abort();
  }
  if (const auto signature = parse_signature(bytes))
    if (signature->algorithm.size() + signature->bytes.size() > size) std::abort();
  const KeyFile key = parse_key_file(bytes, bytes);
  if (key.encrypted && key.problem.empty()) std::abort();
  if (const auto parsed = parse_openssh_key(bytes)) {
    // What was read is written so that it reads the same.
    const auto again = parse_openssh_key(print_openssh_key(*parsed));
    if (!again || again->private_part != parsed->private_part || again->tag != parsed->tag)
      std::abort();
  }
  return 0;
}
