// From a document that check_schema has judged to the typed Config: values are parsed and checked
// one by one here; what concerns several of them is cross_check's.
//   Config config = read_config(*document.root, request, problems);   // good when problems.none()
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"
#include "yaml_node.hpp"

#include "segue/config/load.hpp"

#include <set>
#include <string_view>

namespace segue {

Config read_config(const YamlNode& root, const LoadRequest& request, Problems& problems);

struct ServiceContext {
  const Config& config;  // everything but the services
  const std::set<std::string_view>& servers;
  const LoadRequest& request;
  const MapReader& shared_environment;
  const MapReader& builder;
};
ServiceConfig read_service(const YamlEntry& entry, const ServiceContext& context,
                           Problems& problems);

}  // namespace segue
