// One element of `ports:` and of `volumes:`.
//   parse_ports("127.0.0.1:8080:80/tcp")   parse_volume("data:/var/lib/data:ro", "db")
// Errors have code usage and no place: the caller knows it.
#pragma once
#include "segue/base/result.hpp"
#include "segue/config/service_config.hpp"

#include <string_view>
#include <vector>

namespace segue {

// Without `..`, commas and control characters, which engines would take apart.
bool is_absolute_path(std::string_view path);

// A range is spread out: one for each port.
Result<std::vector<PortConfig>> parse_ports(std::string_view text);
Result<VolumeConfig> parse_volume(std::string_view text, std::string_view service);

// An absolute path that something can be mounted at.
bool is_container_path(std::string_view path);

}  // namespace segue
