// What a server offers in the first message of a handshake, which travels in clear: read only to
// explain why there is nothing in common.
//   const auto offered = read_offered_algorithms("SSH-2.0-OpenSSH_9.2\r\n" + packet);
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct OfferedAlgorithms {
  // In the message's order: key exchange, host key, cipher to and from the server, and so on.
  static constexpr std::array<std::string_view, 6> kNames = {
      "key exchange",          "host key", "cipher", "cipher", "message authentication",
      "message authentication"};
  std::array<std::vector<std::string>, 6> lists;
};

// Nothing when the bytes are not (yet) a greeting with a whole message behind it.
std::optional<OfferedAlgorithms> read_offered_algorithms(std::string_view bytes);

}  // namespace segue
