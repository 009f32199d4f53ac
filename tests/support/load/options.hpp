// What the load generator was asked to do.
//
//   segue_load --connect 127.0.0.1:18080 --host shop.localhost --kinds new=20,keepalive=50
//              --duration 10 --versions v1,v2
//
// Times are in seconds on the command line, fractions allowed. A wrong command line is a text for
// the user in the second alternative.
#pragma once

#include "tls.hpp"

#include <netinet/in.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace segue {

using LoadClock = std::chrono::steady_clock;

enum class Kind { fresh, keepalive, post, slow, websocket };
inline constexpr std::size_t kKinds = 5;
inline constexpr std::array<const char*, kKinds> kKindNames{"new", "keepalive", "post", "slow",
                                                            "websocket"};

struct LoadOptions {
  std::vector<sockaddr_in> targets;  // clients take them in turn
  std::string host = "localhost";    // the Host header
  std::string path = "/";            // for new and keepalive
  std::shared_ptr<Tls> tls;          // absent: plain HTTP
  std::array<int, kKinds> clients{};
  int slow_ms = 800;
  double rate = 0;  // requests a second over all clients; 0 is as fast as possible
  std::chrono::duration<double> duration{0};  // 0 is without end
  std::chrono::duration<double> timeout{10};  // for one request, from connecting to its last byte
  std::string until_file;                     // stop when it appears
  std::string started_file;                   // made when every kind has had an answer
  std::string json_file;
  std::vector<std::string> versions;  // allowed first words of a body; empty allows all
  bool websocket_may_close = false;   // a clean close frame is no failure

  std::string name() const { return host.substr(0, host.find(':')); }  // for the certificate
};

std::variant<LoadOptions, std::string> parse_load_options(int argc, char** argv);

}  // namespace segue
