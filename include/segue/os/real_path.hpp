// Where a path leads once every link in it is followed, so that a file of a project can't be one
// from somewhere else.
//   is_inside("/srv/shop", "/srv/shop/deploy.yml")  ->  false when that is a link to /etc/passwd
// Errors are Code::failed and name the path and the reason.
#pragma once
#include "segue/base/result.hpp"

#include <string>

namespace segue {

Result<std::string> real_path(const std::string& path);

// Both are followed; what does not exist is inside of nothing.
bool is_inside(const std::string& folder, const std::string& path);

// The user id that owns the entry itself, also when it is a link.
Result<unsigned> owner_of_entry(const std::string& path);

}  // namespace segue
