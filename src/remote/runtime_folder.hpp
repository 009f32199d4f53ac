// A folder of this run that only its user can look into, for sockets and logs of the ssh programs
// that it starts. Made when it is first asked for, removed at the end. Its path is short: that of a
// socket may have 104 bytes, and ssh adds 17 to it while it makes one. What a run that was killed
// has left, private keys among it, the next one removes, but for the sockets of connections that
// still end by themselves.
//   TRY_ASSIGN(const std::string folder, runtime.path());
#pragma once
#include "segue/base/result.hpp"
#include "segue/os/fd.hpp"

#include <string>

namespace segue {

class RuntimeFolder {
 public:
  RuntimeFolder() = default;
  RuntimeFolder(const RuntimeFolder&) = delete;
  RuntimeFolder& operator=(const RuntimeFolder&) = delete;
  ~RuntimeFolder();

  Result<std::string> path();

 private:
  std::string path_;
  Fd held_;  // says that this run lives
};

}  // namespace segue
