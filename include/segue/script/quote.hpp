// The one place where a value becomes part of shell text. Every value goes through here; the test
// of it runs random bytes through the real /bin/sh.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace segue {

// One word for a POSIX sh that stands for exactly these bytes (which must not contain NUL).
std::string quote(std::string_view value);

// Each value quoted, with blanks between them.
std::string quote_all(const std::vector<std::string>& values);

}  // namespace segue
