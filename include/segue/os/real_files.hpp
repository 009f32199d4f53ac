// Files on the disk of this machine.
//   RealFiles files;  files.exists("/etc/hosts")
#pragma once
#include "segue/os/files.hpp"

namespace segue {

class RealFiles : public Files {
 public:
  Result<std::string> read(const std::string& path, size_t limit) override;
  Result<> write(const std::string& path, std::string_view bytes, unsigned mode) override;
  Result<> append(const std::string& path, std::string_view bytes, unsigned mode) override;
  bool exists(const std::string& path) override;
  bool is_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<unsigned> owner(const std::string& path) override;
  Result<unsigned> mode(const std::string& path) override;
  Result<> make_folder(const std::string& path, unsigned mode) override;
  Result<> remove_folder(const std::string& path) override;
  Result<> make_directories(const std::string& path, unsigned mode) override;
  Result<> remove(const std::string& path) override;
};

}  // namespace segue
