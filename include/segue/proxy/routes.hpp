// The routes of a service as Caddy's JSON. One file per service and host: line 1 says what it
// claims (replicas of blue and of green, path prefix or -, http, https or extra, host names or *,
// then `address:port` of ports that lead to it alone), line 2 is the public route (with HTTPS: the
// redirect), line 3 the routes of the proxy's inner server (on its loopback) for probes. Each
// further line is a keyword and what belongs to it:
//   https JSON                 the public route of HTTPS
//   policy NAME JSON           how the certificate of a name is obtained
//   files JSON                 where an own certificate lies
//   server NAME:JSON           the server of a port of its own
// The host composes all files, of all projects, into one configuration.
#pragma once
#include "segue/model/host_facts.hpp"
#include "segue/proxy/proxied_service.hpp"

#include <string>

namespace segue {

// Sorts so that the more particular route comes first: "0-95.shop.web.json"; that of a further
// target is "0-95+1.shop.web.json".
std::string route_file_name(const ProxiedService& service);
std::string route_file(const ProxiedService& service);

// Whose it is, for people: "web of blog", of "0-99.blog.web.json".
std::string owner_of_route(const std::string& file);

// From the checksum of such a file and its first line; what can't be read is empty.
RouteFacts read_route_facts(const std::string& sum, const std::string& first_line);

// The service whose route that file holds, when it is one of this identity; else empty.
std::string service_of_route(const std::string& file, const Identity& identity);

// The file with the authority's root, by its content; empty when the route needs none.
std::string authority_root_file(const HttpsRoute& https);

// What stands around the lists of routes; each but the first begins by closing the one before.
struct ConfigFrame {
  std::string head;      // then the public routes of plain HTTP
  std::string https;     // those of HTTPS
  std::string inner;     // those of the inner server
  std::string servers;   // those of single ports, each after a comma
  std::string names;     // names whose certificates are to be obtained
  std::string files;     // certificates in files
  std::string policies;  // how to obtain
  std::string tail;
  std::string first_route;  // of both public servers, before all others
};
ConfigFrame config_frame();
std::string empty_config();  // without any route

}  // namespace segue
