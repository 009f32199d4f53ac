#include "segue/os/context_stream.hpp"

#include "segue/base/tar.hpp"
#include "segue/base/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace segue {
namespace {

constexpr unsigned kModeBits = 07777;
constexpr unsigned kTextMode = 0644;
constexpr size_t kLongestLink = 4096;

int by_name(const FTSENT** left, const FTSENT** right) {
  return std::strcmp((*left)->fts_name, (*right)->fts_name);
}

Error not_readable(const std::string& path, int number) {
  return {Code::usage,
          fmt::format("{} can't be read: {}", visible(path), errno_text(number)),
          "what the build does not need belongs into .dockerignore",
          {},
          {}};
}

}  // namespace

Result<ContextStream> ContextStream::open(const std::string& folder, const IgnoreRules& rules) {
  ContextStream stream(folder);
  TRY(stream.list(rules));
  return stream;
}

Result<> ContextStream::list(const IgnoreRules& rules) {
  std::string root = folder_;
  std::array<char*, 2> roots{root.data(), nullptr};
  const std::unique_ptr<FTS, int (*)(FTS*)> walk(
      ::fts_open(roots.data(), FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name), ::fts_close);
  if (!walk) return tl::unexpected(not_readable(folder_, errno));
  while (FTSENT* found = ::fts_read(walk.get())) {
    if (found->fts_info == FTS_DP) continue;
    Entry entry;
    if (found->fts_level > 0) entry.path = std::string(found->fts_path).substr(folder_.size() + 1);
    const bool is_folder = found->fts_info == FTS_D || found->fts_info == FTS_DNR;
    if (!entry.path.empty() && rules.ignores(entry.path)) {
      if (is_folder && !rules.has_exceptions()) ::fts_set(walk.get(), found, FTS_SKIP);
      continue;
    }
    if (found->fts_info == FTS_DNR || found->fts_info == FTS_ERR || found->fts_info == FTS_NS)
      return tl::unexpected(not_readable(found->fts_path, found->fts_errno));
    entry.mode = found->fts_statp->st_mode & kModeBits;
    if (is_folder) {
      entry.kind = Kind::folder;
    } else if (found->fts_info == FTS_SL || found->fts_info == FTS_SLNONE) {
      entry.kind = Kind::link;
      std::array<char, kLongestLink> target{};
      const ssize_t length = ::readlink(found->fts_path, target.data(), target.size());
      if (length <= 0) return tl::unexpected(not_readable(found->fts_path, errno));
      entry.link.assign(target.data(), static_cast<size_t>(length));
    } else if (found->fts_info == FTS_F) {
      entry.size = static_cast<unsigned long long>(found->fts_statp->st_size);
    } else {
      continue;
    }
    entries_.push_back(std::move(entry));
  }
  return {};
}

void ContextStream::add_file(const std::string& name, const std::string& text) {
  pending_ += tar_header({name, kTextMode, text.size(), false}) + text + tar_padding(text.size());
}

std::string ContextStream::next(size_t most) {
  while (taken_ == pending_.size() && !ended_) {
    pending_.clear();
    taken_ = 0;
    if (file_) {
      read_file(most);
    } else if (at_ < entries_.size()) {
      begin(entries_[at_++]);
    } else {
      add_file("complete", "");
      pending_ += tar_end();
      ended_ = true;
    }
  }
  std::string piece = pending_.substr(taken_, most);
  taken_ += piece.size();
  return piece;
}

void ContextStream::begin(const Entry& entry) {
  const std::string name = entry.path.empty() ? "context" : "context/" + entry.path;
  pending_ = tar_header({name, entry.mode, entry.size, entry.kind == Kind::folder, entry.link});
  if (entry.kind != Kind::file || entry.size == 0) return;
  file_ = Fd(
      ::open((folder_ + "/" + entry.path).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  left_ = entry.size;
  padding_ = tar_padding(entry.size);
  if (file_) return;
  pending_.clear();
  ended_ = true;
}

void ContextStream::read_file(size_t most) {
  std::string bytes(static_cast<size_t>(std::min<unsigned long long>(most, left_)), '\0');
  ssize_t count = 0;
  do {
    count = ::read(file_.get(), bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    ended_ = true;
    return;
  }
  bytes.resize(static_cast<size_t>(count));
  pending_ = std::move(bytes);
  left_ -= static_cast<unsigned long long>(count);
  if (left_ > 0) return;
  file_.reset();
  pending_ += padding_;
}

}  // namespace segue
