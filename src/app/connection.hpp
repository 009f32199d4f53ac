// The transport of a project's hosts: what the App gives, else SSH and local shells.
//   const auto transport = connect_hosts(app, project.config, project.endpoints());
#pragma once
#include "segue/app/app.hpp"
#include "segue/config/config.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace segue {

// By which way a host is reached, where that is not the plain one: "by way of the jump host
// bastion".
using TellWay = std::function<void(const std::string& host, const std::string& way)>;

std::unique_ptr<Transport> connect_hosts(App& app, const Config& config,
                                         std::vector<Endpoint> endpoints,
                                         const TellWay& tell = nullptr);

}  // namespace segue
