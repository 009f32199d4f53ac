// The first process of the proxy's container: a shell loop whose child is Caddy. It starts Caddy
// again should it end, and on SIGUSR1 puts another binary in its place without refusing a
// connection: starts that one beside the other on the same ports (SO_REUSEPORT), waits until it
// answers, then ends the former. When it does not answer, it is ended and the former stays.
//
// The loop's folder lives in the container's own layer, so that it survives a reboot and ends with
// the container:
//   caddy, image    the binary that runs and the image it is from; absent: the container's own
//   next, next.image   what SIGUSR1 is about
//   ports           "2019 2020": the admin interface and the inner server of what runs
//   two             present while two of them run
//   closing         present while clients are told to end their connections: soon one is ended
//   result          "ok", or "no" and why: how the last SIGUSR1 ended
#pragma once
#include <string>
#include <string_view>

namespace segue {

inline constexpr std::string_view kLoopFolder = "/opt/segue";

std::string proxy_loop();

}  // namespace segue
