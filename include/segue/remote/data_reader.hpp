// What is read piece by piece while it travels.
#pragma once
#include <functional>
#include <string>

namespace segue {

// The next bytes, at most so many; none: that was all. It is asked as fast as the host takes them,
// and never held in memory as a whole.
using DataReader = std::function<std::string(size_t most)>;

}  // namespace segue
