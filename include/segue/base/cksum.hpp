// The CRC and size that POSIX `cksum` prints, so that a host can answer "is this file that text?"
// with a tool that every host has. Not for security.
#pragma once
#include <string>
#include <string_view>

namespace segue {

std::string posix_cksum(std::string_view data);  // "4294967295 0"

}  // namespace segue
