// What listens on a port of this machine's own 127.0.0.1.
//   ask_local_port(5000, "GET /v2/ HTTP/1.0\r\n\r\n", Duration{2'000})  ->  "HTTP/1.0 200 OK..."
#pragma once
#include "segue/base/duration.hpp"
#include "segue/base/result.hpp"
#include "segue/os/fd.hpp"

#include <string>
#include <string_view>

namespace segue {

// A socket that never blocks, on its way there: it can be written to when it is connected. Whether
// anybody listens may be seen only then. Code::failed.
Result<Fd> connect_to_local_port(int port);

// What it answers until it closes the connection, is silent for so long, or has said 64 KiB. Empty:
// it takes the connection and says nothing. Code::failed when nobody listens there.
Result<std::string> ask_local_port(int port, std::string_view request, Duration limit);

}  // namespace segue
