// The file system, as an interface so that callers can be tested without one.
//   RealFiles files;
//   TRY_ASSIGN(const std::string text, files.read("deploy.yml", 1 << 20));
//   TRY(files.write(path, bytes, 0600));   // all of it or nothing
// Errors are Code::failed and name the path and the reason.
#pragma once
#include "segue/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace segue {

class Files {
 public:
  Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  virtual ~Files() = default;

  // The whole file; an error when it is longer than `limit` bytes.
  virtual Result<std::string> read(const std::string& path, size_t limit) = 0;

  // Replaces the file in one step: a new file beside it, flushed to disk, renamed over it.
  virtual Result<> write(const std::string& path, std::string_view bytes, unsigned mode) = 0;

  // At the end of the file, which is made when it is not there; in one write.
  virtual Result<> append(const std::string& path, std::string_view bytes, unsigned mode) = 0;

  virtual bool exists(const std::string& path) = 0;
  virtual bool is_directory(const std::string& path) = 0;

  // Names in a folder without . and .., sorted.
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;

  // The user id that owns the file (links are followed), and its permission bits.
  virtual Result<unsigned> owner(const std::string& path) = 0;
  virtual Result<unsigned> mode(const std::string& path) = 0;

  // A new folder; an error when there is something of that name.
  virtual Result<> make_folder(const std::string& path, unsigned mode) = 0;
  // A folder with all that is in it; links are not followed.
  virtual Result<> remove_folder(const std::string& path) = 0;
  virtual Result<> make_directories(const std::string& path, unsigned mode) = 0;
  virtual Result<> remove(const std::string& path) = 0;
};

}  // namespace segue
