// Files that could be made anew, kept in a folder of this user alone, up to a size: those leave
// first that were not used for the longest time. Several processes may use the same folder; who has
// a file open keeps it when it leaves.
//   FileCache cache(folder, limit);
//   if (const auto path = cache.find("0a1b.tar")) ...  else TRY(cache.take_in(path, "0a1b.tar"));
#pragma once
#include "segue/base/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

class FileCache {
 public:
  FileCache(std::string folder, unsigned long long limit)
      : folder_(std::move(folder)), limit_(limit) {}

  // Where it is; it then counts as used just now.
  std::optional<std::string> find(const std::string& name) const;

  // Takes a finished file of the same file system: it is there as a whole or not at all, and
  // nobody else can read it. One that is longer than the limit is not taken. Code::failed.
  Result<> take_in(const std::string& path, const std::string& name) const;

  void drop(const std::string& name) const;
  unsigned long long clear() const;  // bytes that this has freed

 private:
  struct Kept {
    std::string path;
    unsigned long long size = 0;
    long long used = 0;  // nanoseconds since 1970
  };
  std::vector<Kept> list() const;

  std::string folder_;
  unsigned long long limit_;
};

}  // namespace segue
