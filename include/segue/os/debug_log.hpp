// The log file of --log-file and -vv, for us and for bug reports. What people are to read is not
// written here. Nothing happens until open_debug_log; secrets must never be passed.
//   TRY(open_debug_log("segue.log"));
//   debug_log("web-1: connected to {}", address);
#pragma once
#include "segue/base/result.hpp"

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace segue {

// Appends to the file, or to the standard error for "-".
Result<> open_debug_log(const std::string& path);
void close_debug_log();
bool debug_log_is_open();
void debug_log_line(std::string_view line);

template <class... Arguments>
void debug_log(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (debug_log_is_open())
    debug_log_line(fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace segue
