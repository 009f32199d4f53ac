#include "segue/os/content_stream.hpp"

#include "segue/base/tar.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace segue {

std::string ContentStream::next(size_t most) {
  while (taken_ == pending_.size() && !problem_) {
    pending_.clear();
    taken_ = 0;
    if (file_)
      read_file(most);
    else if (!ended_)
      advance();
    else
      break;
  }
  if (problem_) return {};
  std::string piece = pending_.substr(taken_, most);
  taken_ += piece.size();
  return piece;
}

void ContentStream::skip(unsigned long long bytes) {
  while (bytes > 0 && !problem_) {
    if (taken_ < pending_.size()) {
      const auto passed = std::min<unsigned long long>(bytes, pending_.size() - taken_);
      taken_ += static_cast<size_t>(passed);
      bytes -= passed;
      continue;
    }
    pending_.clear();
    taken_ = 0;
    if (file_) {
      const unsigned long long passed = std::min(bytes, left_);
      if (::lseek(file_.get(), static_cast<off_t>(passed), SEEK_CUR) < 0)
        return fail_reading(errno_text(errno));
      bytes -= passed;
      passed_in_file(passed);
    } else if (!ended_) {
      advance();
    } else {
      return;
    }
  }
}

void ContentStream::advance() {
  if (at_ < entries_.size()) return begin_entry(entries_[at_++]);
  ended_ = true;
  pending_ = tar_end();
}

void ContentStream::begin_entry(const LocalEntry& entry) {
  const std::string name = entry.path.empty() ? "content" : "content/" + entry.path;
  const unsigned mode = entry.is_folder       ? modes_.folder
                        : entry.is_executable ? modes_.executable
                                              : modes_.file;
  pending_ = tar_header({name, mode, entry.size, entry.is_folder});
  if (entry.is_folder) return;
  const std::string local = entry.path.empty() ? path_ : path_ + "/" + entry.path;
  auto opened = project_.open_file(local);
  if (!opened) {
    problem_ = opened.error();
    return;
  }
  left_ = entry.size;
  padding_ = tar_padding(entry.size);
  if (left_ > 0) file_ = std::move(*opened);
}

void ContentStream::read_file(size_t most) {
  std::string bytes(static_cast<size_t>(std::min<unsigned long long>(most, left_)), '\0');
  ssize_t count = 0;
  do {
    count = ::read(file_.get(), bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    fail_reading(count < 0 ? errno_text(errno) : "it has become shorter meanwhile");
    return;
  }
  bytes.resize(static_cast<size_t>(count));
  pending_ = std::move(bytes);
  passed_in_file(static_cast<unsigned long long>(count));
}

void ContentStream::fail_reading(const std::string& why) {
  problem_ = Error{Code::failed,
                   fmt::format("{} can't be read to its end: {}", visible(path_), why),
                   "try again",
                   {},
                   {}};
}

void ContentStream::passed_in_file(unsigned long long bytes) {
  left_ -= bytes;
  if (left_ > 0) return;
  file_.reset();
  pending_ += padding_;
}

}  // namespace segue
