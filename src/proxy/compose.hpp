// The proxy's configuration is composed on the host, of all projects' route files, by one project
// at a time. Functions for sections that have set segue_engine (a path) and segue_proxy (the
// proxy's folder on the host):
//   segue_proxy_lock     0, or a problem and 96; segue_proxy_unlock gives it back
//   segue_compose        prints the configuration
//   segue_load           loads it when it differs from what was loaded last
#pragma once
#include <string>

namespace segue {

std::string compose_functions();

// The first line alone.
std::string proxy_lock_functions();

}  // namespace segue
