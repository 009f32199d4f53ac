// The transport of a project's hosts: what the App gives, else SSH and local shells.
//   const auto transport = connect_hosts(app, project.config, project.endpoints());
#pragma once
#include "segue/app/app.hpp"
#include "segue/config/config.hpp"

#include <memory>
#include <vector>

namespace segue {

std::unique_ptr<Transport> connect_hosts(App& app, const Config& config,
                                         std::vector<Endpoint> endpoints);

}  // namespace segue
