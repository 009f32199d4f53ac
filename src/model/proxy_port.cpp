#include "segue/model/proxy_port.hpp"

#include "segue/base/number.hpp"

#include <fmt/format.h>

namespace segue {

std::string ProxyPort::text() const {
  return fmt::format("{}:{}", address, port);
}

std::optional<ProxyPort> parse_proxy_port(std::string_view text) {
  constexpr int kHighest = 65535;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view address = text.substr(0, colon);
  const auto port = parse_number<int>(std::string(text.substr(colon + 1)));
  const bool plain = address.find_first_not_of("0123456789abcdefABCDEF.:[]") == address.npos;
  if (!plain || !port || *port < 1 || *port > kHighest) return std::nullopt;
  return ProxyPort{std::string(address), *port};
}

}  // namespace segue
