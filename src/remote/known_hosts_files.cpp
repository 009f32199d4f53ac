#include "known_hosts_files.hpp"

#include "limits.hpp"

#include "segue/os/real_files.hpp"

namespace segue {

Result<std::shared_ptr<const KnownHosts>> KnownHostsFiles::read(
    const std::vector<std::string>& paths) {
  const auto found = read_.find(paths);
  if (found != read_.end()) return found->second;
  const auto known = std::make_shared<KnownHosts>();
  RealFiles files;
  for (const std::string& path : paths) {
    if (!files.exists(path)) continue;
    TRY_ASSIGN(const std::string text, files.read(path, kKnownHostsLimit));
    known->add(path, text);
  }
  return read_.emplace(paths, known).first->second;
}

}  // namespace segue
