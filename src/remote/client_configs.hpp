// The ssh configurations of one run, each read when the first host asks for it.
//   const ClientConfig& config = configs.of(endpoint.ssh_config_file);
#pragma once
#include "client_config.hpp"

#include "segue/os/debug_log.hpp"

#include <map>
#include <string>

namespace segue {

class ClientConfigs {
 public:
  // `file` as in Endpoint: empty for the usual ones.
  const ClientConfig& of(const std::string& file) {
    const auto found = configs_.find(file);
    if (found != configs_.end()) return found->second;
    const ClientConfig& config =
        configs_.emplace(file, ClientConfig::read(ClientConfig::usual_places(file))).first->second;
    if (!config.not_understood().empty())
      debug_log("`ssh -G` is asked for the settings of each host: {}", config.not_understood());
    return config;
  }

 private:
  std::map<std::string, ClientConfig> configs_;
};

}  // namespace segue
