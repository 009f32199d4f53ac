#include "algorithm_lists.hpp"

#include "wire.hpp"

#include "segue/base/text.hpp"

namespace segue {

std::optional<OfferedAlgorithms> read_offered_algorithms(std::string_view bytes) {
  constexpr uint8_t kKeyExchangeInit = 20;
  constexpr size_t kCookie = 16;
  // Other lines may come before the one that begins with SSH-.
  bool greeted = false;
  while (!greeted) {
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    greeted = bytes.starts_with("SSH-");
    bytes.remove_prefix(end + 1);
  }
  const std::optional<std::string_view> packet = WireReader(bytes).string();
  if (!packet || packet->size() < 2 + kCookie) return std::nullopt;
  if (static_cast<uint8_t>((*packet)[1]) != kKeyExchangeInit) return std::nullopt;
  WireReader reader(packet->substr(2 + kCookie));
  OfferedAlgorithms offered;
  for (std::vector<std::string>& list : offered.lists) {
    const std::optional<std::string_view> names = reader.string();
    if (!names) return std::nullopt;
    list = split(*names, ',');
  }
  return offered;
}

}  // namespace segue
