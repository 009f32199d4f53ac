// The routes of a service as Caddy's JSON. One file per service and host, of two lines: the public
// route, and the routes of the proxy's inner server (127.0.0.1:2020) for probes. The host composes
// all files, of all projects, into one configuration.
#pragma once
#include "segue/proxy/proxied_service.hpp"

#include <string>

namespace segue {

inline constexpr int kInnerPort = 2020;

// Sorts so that the more particular route comes first: "0-95.shop.web.json".
std::string route_file_name(const ProxiedService& service);
std::string route_file(const ProxiedService& service);

// The service whose route that file holds, when it is one of this identity; else empty.
std::string service_of_route(const std::string& file, const Identity& identity);

// What stands around the routes: head, public routes, middle, inner routes, tail.
std::string config_head();
std::string config_middle();
std::string config_tail();

}  // namespace segue
