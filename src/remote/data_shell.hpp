// What /bin/sh is told to do for a script that data follows on its standard input. Shells read
// ahead there, and would run what follows; dd takes the script, byte by byte, and nothing else
// (rules A2).
//   /bin/sh -c 'eval "$(dd bs=1 count=4711 2>/dev/null)"'
#pragma once
#include <fmt/format.h>

#include <string>

namespace segue {

inline std::string shell_before_data(size_t script_size) {
  return fmt::format("eval \"$(dd bs=1 count={} 2>/dev/null)\"", script_size);
}

}  // namespace segue
