#include "segue/os/file_cache.hpp"

#include "segue/os/fd.hpp"
#include "segue/os/real_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace segue {
namespace {

constexpr unsigned kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr long long kNanoseconds = 1'000'000'000;

}  // namespace

std::optional<std::string> FileCache::find(const std::string& name) const {
  std::string path = folder_ + "/" + name;
  if (::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return path;
}

Result<> FileCache::take_in(const std::string& path, const std::string& name) const {
  TRY(RealFiles().make_directories(folder_, kFolderMode));
  const auto cannot = [&] {
    return fail(Code::failed, fmt::format("cannot keep {}: {}", path, errno_text(errno)));
  };
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || ::chmod(path.c_str(), kFileMode) != 0) return cannot();
  unsigned long long sum = static_cast<unsigned long long>(status.st_size);
  if (sum > limit_) return {};
  const std::string kept = folder_ + "/" + name;
  if (::rename(path.c_str(), kept.c_str()) != 0) return cannot();
  for (const Kept& other : list()) {
    if (other.path == kept) continue;
    sum += other.size;
    if (sum > limit_) ::unlink(other.path.c_str());
  }
  return {};
}

void FileCache::drop(const std::string& name) const {
  ::unlink((folder_ + "/" + name).c_str());
}

unsigned long long FileCache::clear() const {
  unsigned long long freed = 0;
  for (const Kept& kept : list())
    if (::unlink(kept.path.c_str()) == 0) freed += kept.size;
  return freed;
}

// Those that were used last come first. Who has gone meanwhile is not there.
std::vector<FileCache::Kept> FileCache::list() const {
  std::vector<Kept> kept;
  const auto names = RealFiles().list(folder_);
  if (!names) return kept;
  for (const std::string& name : *names) {
    Kept file{folder_ + "/" + name, 0, 0};
    struct stat status{};
    if (::lstat(file.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    file.size = static_cast<unsigned long long>(status.st_size);
    file.used = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec;
    kept.push_back(std::move(file));
  }
  std::sort(kept.begin(), kept.end(),
            [](const Kept& one, const Kept& other) { return one.used > other.used; });
  return kept;
}

}  // namespace segue
