// The known_hosts files of one run, read once for all hosts that have the same ones.
//   TRY_ASSIGN(const std::shared_ptr<const KnownHosts> known,
//   files.read(settings.known_hosts_files));
#pragma once
#include "known_hosts.hpp"

#include "segue/base/result.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace segue {

class KnownHostsFiles {
 public:
  // What is not there holds no key. Errors: a file that can't be read, which may hold the line that
  // revokes one.
  Result<std::shared_ptr<const KnownHosts>> read(const std::vector<std::string>& paths);

  // A key was added to a file.
  void forget() { read_.clear(); }

 private:
  std::map<std::vector<std::string>, std::shared_ptr<const KnownHosts>> read_;
};

}  // namespace segue
