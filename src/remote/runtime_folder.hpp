// A folder of this run that only its user can look into, for sockets and logs of the ssh programs
// that it starts. Made when it is first asked for, removed at the end. Its path is short: that of a
// socket may have 104 bytes, and ssh adds 17 to it while it makes one.
//   TRY_ASSIGN(const std::string folder, runtime.path());
#pragma once
#include "segue/base/result.hpp"

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
};

}  // namespace segue
