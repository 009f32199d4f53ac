// When something in a folder last changed, folders themselves included: what was removed changed
// its folder. Links are not followed, and what can't be looked at does not count.
//   newest_change("/home/me/shop")  ->  1795234650, seconds since 1970; 0: nothing was found
#pragma once
#include <cstdint>
#include <string>

namespace segue {

int64_t newest_change(const std::string& folder);

}  // namespace segue
