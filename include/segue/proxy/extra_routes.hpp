// Raw routes of Caddy that deploy.yml puts before those of services (`proxy.extra`): files of the
// project beside the files of its services, composed with all others. Each route matches host names
// or paths, so that it takes nobody else's requests.
#pragma once
#include "segue/model/identity.hpp"

#include <string>
#include <vector>

namespace segue {

struct RouteFile {
  std::string name;
  std::string text;  // as routes.hpp says
};

struct ExtraRoutes {
  Identity identity;
  std::vector<std::string> routes;  // each a JSON object, checked; names in lower case
  std::vector<std::string> names;   // of the project's services on this host
  bool every_name = false;          // one of these services has none
};

// A route without a name takes those of the project. Where that is every name, it comes after all
// routes that have names. Such routes have a file of their own.
std::vector<RouteFile> extra_route_files(const ExtraRoutes& extra);

// Stands where the service stands in the names of other files: no service can be called so.
inline constexpr const char* kExtraRoutes = "+extra";
inline constexpr const char* kExtraKey = "proxy.extra";  // for people
bool holds_extra_routes(const std::string& file);

// Names that such a route takes whole, whatever the path; may begin with `*.`.
std::vector<std::string> taken_names(const std::string& route);

// Whether a name, or one with `*.`, has requests in common with another.
bool names_meet(const std::string& one, const std::string& other);

}  // namespace segue
