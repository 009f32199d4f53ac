// Amounts of memory as deploy.yml writes them: a number, whole or decimal, with b k m g kb mb gb in
// either case, or none for bytes. Units are powers of 1024, as engines count.
//   parse_byte_size("1.5g") -> 1610612736      byte_size_text(1610612736) -> "1536m"
// Error (code usage): what is no such amount, or more than 2^53 bytes.
#pragma once
#include "segue/base/result.hpp"

#include <string>
#include <string_view>

namespace segue {

Result<long long> parse_byte_size(std::string_view text);

// The shortest whole number with a unit that is exactly as much; engines read it too.
std::string byte_size_text(long long bytes);

// For people: "12 bytes", "34 KiB", "1.5 MiB", "2.0 GiB"
std::string shown_byte_size(long long bytes);

}  // namespace segue
