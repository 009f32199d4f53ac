// `files` and `directories` of a service, in both forms.
//   files: ["./config.json:/app/config.json", {local: key, remote: /etc/key, mode: "0600"}]
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include "segue/config/service_config.hpp"

#include <vector>

namespace segue {

std::vector<UploadConfig> read_uploads(const MapReader& service, Problems& problems);

}  // namespace segue
