// What deploy.yml says about a container besides image, ports, volumes, environment and command.
// Each part that is empty, false or 0 leaves that to the engine. Plain data; config reads it, plan
// compares it, engine renders it.
//   {milli_cpus: 500, memory: 536870912, cap_add: {"NET_ADMIN"}, ulimits: {{"nofile", {1024,
//   2048}}}}
#pragma once
#include "segue/base/source_span.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

struct ResourceLimit {
  long long soft = 0;  // -1: none
  long long hard = 0;
};

struct ContainerOptions {
  long long milli_cpus = 0;                      // thousandths of a processor
  long long memory = 0;                          // bytes
  long long shm_size = 0;                        // bytes
  std::vector<std::string> gpus;                 // {"all"}, or their numbers
  std::vector<std::string> devices;              // "/dev/snd:/dev/snd:rwm"
  std::vector<std::string> cap_add;              // "NET_ADMIN", without CAP_; sorted
  std::vector<std::string> cap_drop;             // likewise, or "ALL"
  std::map<std::string, ResourceLimit> ulimits;  // "nofile"
  std::map<std::string, std::string> tmpfs;      // path in the container -> mount options
  bool privileged = false;
  bool init = false;
  bool read_only = false;
  std::string log_driver;
  std::map<std::string, std::string> log_options;
  std::map<std::string, std::string> labels;  // none begins with "segue."
  std::string user;
  std::string working_dir;
  std::vector<std::string> entrypoint;
  std::string network_mode;  // host, none, bridge, container:NAME; empty: the project's network
  SourceSpan network_at;     // where that stands

  bool shares_host_network() const { return network_mode == "host"; }
};

std::string cpus_text(long long milli_cpus);         // 500 -> "0.5"
std::string limit_text(const ResourceLimit& limit);  // "1024", or "1024:2048"
std::string tmpfs_text(const std::string& path, const std::string& options);  // "/run:size=64m"

}  // namespace segue
