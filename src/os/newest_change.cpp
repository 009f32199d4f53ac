#include "segue/os/newest_change.hpp"

#include <fts.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>

namespace segue {

int64_t newest_change(const std::string& folder) {
  std::string path = folder;
  std::array<char*, 2> roots{path.data(), nullptr};
  const std::unique_ptr<FTS, int (*)(FTS*)> walk(
      ::fts_open(roots.data(), FTS_PHYSICAL | FTS_NOCHDIR, nullptr), ::fts_close);
  int64_t newest = 0;
  while (walk) {
    const FTSENT* entry = ::fts_read(walk.get());
    if (entry == nullptr) break;
    const bool seen = entry->fts_info != FTS_NS && entry->fts_info != FTS_DP;
    if (seen) newest = std::max(newest, static_cast<int64_t>(entry->fts_statp->st_mtime));
  }
  return newest;
}

}  // namespace segue
