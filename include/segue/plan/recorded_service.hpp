// A service as a release's record keeps it: its entry of deploy.yml as one line of JSON, in which
// everything shared and ${VERSION} are already filled in, and defaults are left out. Secrets are
// named, as in deploy.yml; their values are nowhere. read_release is the way back.
//   {"hosts":["web-1"],"image":"shop:v1","proxy":{"app_port":3000,"hosts":["shop.example.com"]}}
#pragma once
#include "segue/base/result.hpp"
#include "segue/config/config.hpp"
#include "segue/host/record.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

std::string recorded_service(const ServiceConfig& service);

// What a rollback works on: deploy.yml of today (servers, ssh, proxy) with the services of then.
struct RestoredRelease {
  Config config;
  // Host -> the services' images, by what they were called then -> by their id.
  std::map<std::string, std::map<std::string, std::string>> images;
};

// Only the parts of the record that are on these hosts and, unless none is named, of these
// services. Errors are of code usage: no configuration was kept, a server has left deploy.yml, ...
Result<RestoredRelease> read_release(const Config& today, const ReleaseRecord& record,
                                     const std::vector<std::string>& hosts,
                                     const std::vector<std::string>& services);

}  // namespace segue
