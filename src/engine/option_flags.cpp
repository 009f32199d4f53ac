#include "option_flags.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/text.hpp"

namespace segue {
namespace {

using Words = std::vector<std::string>;

void add(Words& words, const char* flag, const std::string& value) {
  if (!value.empty()) words.insert(words.end(), {flag, value});
}

// Docker reads the value as a line of CSV, in which a comma needs quotes. Podman knows graphics
// processors by what the host's CDI specification calls them.
void add_gpus(Words& words, const Words& gpus, EngineKind engine) {
  if (gpus.empty()) return;
  if (engine == EngineKind::podman) {
    for (const std::string& gpu : gpus) add(words, "--device", "nvidia.com/gpu=" + gpu);
  } else if (gpus.front() == "all") {
    add(words, "--gpus", "all");
  } else {
    const std::string devices = "device=" + join(gpus, ",");
    add(words, "--gpus", gpus.size() == 1 ? devices : "\"" + devices + "\"");
  }
}

void add_resources(Words& words, const ContainerOptions& options, EngineKind engine) {
  if (options.milli_cpus != 0) add(words, "--cpus", cpus_text(options.milli_cpus));
  if (options.memory != 0) add(words, "--memory", byte_size_text(options.memory));
  if (options.shm_size != 0) add(words, "--shm-size", byte_size_text(options.shm_size));
  add_gpus(words, options.gpus, engine);
  for (const std::string& device : options.devices) add(words, "--device", device);
  for (const auto& [name, limit] : options.ulimits)
    add(words, "--ulimit", name + "=" + limit_text(limit));
  for (const auto& [path, more] : options.tmpfs) add(words, "--tmpfs", tmpfs_text(path, more));
}

}  // namespace

std::vector<std::string> option_flags(const ContainerOptions& options, EngineKind engine) {
  Words words;
  add_resources(words, options, engine);
  for (const std::string& name : options.cap_add) add(words, "--cap-add", name);
  for (const std::string& name : options.cap_drop) add(words, "--cap-drop", name);
  if (options.privileged) words.emplace_back("--privileged");
  if (options.init) words.emplace_back("--init");
  if (options.read_only) {
    words.emplace_back("--read-only");
    // Podman alone would put writable file systems in memory over /tmp, /run and /var/tmp.
    if (engine == EngineKind::podman) words.emplace_back("--read-only-tmpfs=false");
  }
  add(words, "--log-driver", options.log_driver);
  for (const auto& [name, value] : options.log_options) add(words, "--log-opt", name + "=" + value);
  for (const auto& [name, value] : options.labels) add(words, "--label", name + "=" + value);
  add(words, "--user", options.user);
  add(words, "--workdir", options.working_dir);
  if (!options.entrypoint.empty())
    words.insert(words.end(), {"--entrypoint", options.entrypoint.front()});
  return words;
}

}  // namespace segue
