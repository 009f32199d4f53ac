// A folder that only this user can look into, removed with the one file that may be in it: for what
// an editor has to see in clear text. In memory where the system has such a place.
//   TRY_ASSIGN(const PrivateFolder folder, PrivateFolder::make(app.files));
//   TRY(app.files.write(folder.file(), text, 0600));
#pragma once
#include "segue/os/files.hpp"

#include <string>

namespace segue {

class PrivateFolder {
 public:
  static Result<PrivateFolder> make(Files& files);
  PrivateFolder(PrivateFolder&& other) noexcept
      : files_(other.files_), path_(std::move(other.path_)) {
    other.path_.clear();
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  ~PrivateFolder();

  const std::string& path() const { return path_; }
  std::string file() const { return path_ + "/secrets.env"; }

 private:
  PrivateFolder(Files& files, std::string path) : files_(files), path_(std::move(path)) {}

  Files& files_;
  std::string path_;
};

}  // namespace segue
