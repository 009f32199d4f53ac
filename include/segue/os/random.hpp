// Randomness that nobody can guess, from the kernel.
//   random_hex(2) -> "9f3c"
#pragma once
#include <cstddef>
#include <string>

namespace segue {

std::string random_hex(size_t bytes);

// Evenly spread in [0, bound); bound must not be 0.
size_t random_below(size_t bound);

}  // namespace segue
