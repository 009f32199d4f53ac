// A host port that the proxy publishes for one service: `ports: ["3000:3000"]` beside `app_port:
// 3000`.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace segue {

struct ProxyPort {
  std::string address;  // of the host; empty: all
  int port = 0;         // of the host, and of the proxy's own server for it

  std::string text() const;  // "127.0.0.1:3000", ":3000"
  bool operator==(const ProxyPort&) const = default;
};

// The way back; nothing when it is not one.
std::optional<ProxyPort> parse_proxy_port(std::string_view text);

}  // namespace segue
