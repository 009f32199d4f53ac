// Which contents the files and directories of a service need on a host, and which of them are
// there. Pure.
//   for (const NeededContent& need : needed_contents(service, facts)) if (!need.is_there) ...
#pragma once
#include "segue/config/config.hpp"
#include "segue/model/host_facts.hpp"

#include <string>
#include <vector>

namespace segue {

struct NeededContent {
  const UploadConfig* upload = nullptr;
  std::string image_id;  // in which names of owners mean something
  std::string
      name;  // of what is mounted: in `kept` if the application writes there, else in `files`
  bool is_there = false;     // what is mounted
  bool has_archive = false;  // what that can be made of
};
std::vector<NeededContent> needed_contents(const ServiceConfig& service, const HostFacts& facts);

// KiB that will be taken, at most, when what is missing is sent: the archive and what is in it are
// there at the same time.
unsigned long long missing_kib(const std::vector<const ServiceConfig*>& services,
                               const HostFacts& facts);

}  // namespace segue
