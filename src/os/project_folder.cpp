#include "segue/os/project_folder.hpp"

#include "segue/base/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <deque>

namespace segue {
namespace {

constexpr int kMostLinks = 40;  // as the kernel, before it says that they go round in a circle
constexpr size_t kMostEntries = 200'000;

tl::unexpected<Error> wrong(const std::string& path, const std::string& why,
                            std::string hint = {}) {
  return fail(Code::usage, fmt::format("{} {}", visible(path.empty() ? "." : path), why),
              std::move(hint));
}

tl::unexpected<Error> unreadable(const std::string& path, int number) {
  if (number == ENOENT)
    return wrong(path, "is not there", "paths begin in the folder of the project");
  return wrong(path, "can't be read: " + errno_text(number));
}

// One way through the project, from its folder on, a step at a time: the kernel is never asked to
// follow a link, so there is none that could lead out.
class Walk {
 public:
  Walk(int root, const std::string& root_path, std::string shown)
      : root_(root), root_path_(root_path), shown_(std::move(shown)) {}

  Result<Fd> to(const std::string& path) {
    push_front(path);
    while (!ahead_.empty()) {
      const std::string name = std::move(ahead_.front());
      ahead_.pop_front();
      if (name == "..") {
        if (above_.empty()) return out();
        above_.pop_back();
        continue;
      }
      TRY(enter(name));
    }
    if (file_) return std::move(file_);
    Fd folder(::openat(here(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return unreadable(shown_, errno);
    return folder;
  }

 private:
  int here() const { return above_.empty() ? root_ : above_.back().get(); }

  void push_front(const std::string& path) {
    std::deque<std::string> parts;
    for (std::string& part : split(path, '/'))
      if (!part.empty() && part != ".") parts.push_back(std::move(part));
    ahead_.insert(ahead_.begin(), parts.begin(), parts.end());
  }

  tl::unexpected<Error> out() const {
    return wrong(shown_, "leads out of the project's folder",
                 "only files of the project are sent: copy it there");
  }

  Result<> enter(const std::string& name) {
    struct stat status{};
    if (::fstatat(here(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return unreadable(shown_, errno);
    if (S_ISLNK(status.st_mode)) return follow(name);
    if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
      return wrong(shown_, "is neither a file nor a folder");
    // What it is may have changed since: O_NOFOLLOW refuses a link, O_NONBLOCK never waits.
    const int kind = S_ISDIR(status.st_mode) ? O_DIRECTORY : 0;
    Fd next(::openat(here(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | kind));
    if (!next) return unreadable(shown_, errno);
    if (kind != 0) {
      above_.push_back(std::move(next));
      return {};
    }
    if (!ahead_.empty()) return unreadable(shown_, ENOTDIR);
    file_ = std::move(next);
    return {};
  }

  Result<> follow(const std::string& name) {
    if (++links_ > kMostLinks) return wrong(shown_, "is a link that goes round in a circle");
    std::array<char, PATH_MAX> buffer{};
    const ssize_t length = ::readlinkat(here(), name.c_str(), buffer.data(), buffer.size());
    if (length < 0) return unreadable(shown_, errno);
    std::string target(buffer.data(), static_cast<size_t>(length));
    if (target.starts_with("/")) {
      const std::string inside = root_path_ == "/" ? "/" : root_path_ + "/";
      if (!(target + "/").starts_with(inside)) return out();
      target = target.size() < inside.size() ? "" : target.substr(inside.size());
      above_.clear();
    }
    push_front(target);
    return {};
  }

  int root_;
  const std::string& root_path_;
  std::string shown_;
  std::deque<std::string> ahead_;
  std::vector<Fd> above_;  // the folders between the project's and here
  Fd file_;
  int links_ = 0;
};

Result<std::vector<std::string>> names_in(const Fd& folder, const std::string& shown) {
  const int copy = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return unreadable(shown, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(copy), ::closedir);
  if (!listing) return unreadable(shown, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Listing {
 public:
  Listing(int root, const std::string& root_path, std::string asked)
      : root_(root), root_path_(root_path), asked_(std::move(asked)) {}

  Result<> add(const std::string& below) {
    const std::string shown = below.empty() ? asked_ : asked_ + "/" + below;
    TRY_ASSIGN(const Fd opened, Walk(root_, root_path_, shown).to(shown));
    struct stat status{};
    if (::fstat(opened.get(), &status) != 0) return unreadable(shown, errno);
    if (entries_.size() == kMostEntries)
      return wrong(asked_, fmt::format("has more than {} files", kMostEntries),
                   "put them into the image, or name a folder with less in it");
    const bool folder = S_ISDIR(status.st_mode);
    const bool executable = !folder && (status.st_mode & S_IXUSR) != 0;
    const auto size = folder ? 0ULL : static_cast<unsigned long long>(status.st_size);
    entries_.push_back({below, folder, executable, size});
    return folder ? add_all_in(opened, status, below, shown) : Result<>{};
  }

  std::vector<LocalEntry> take() { return std::move(entries_); }

 private:
  using Place = std::pair<dev_t, ino_t>;

  Result<> add_all_in(const Fd& folder, const struct stat& status, const std::string& below,
                      const std::string& shown) {
    const Place place{status.st_dev, status.st_ino};
    if (std::find(inside_.begin(), inside_.end(), place) != inside_.end())
      return wrong(shown, "is a link to a folder that it is in itself");
    inside_.push_back(place);
    TRY_ASSIGN(const auto names, names_in(folder, shown));
    for (const std::string& name : names) TRY(add(below.empty() ? name : below + "/" + name));
    inside_.pop_back();
    return {};
  }

  int root_;
  const std::string& root_path_;
  std::string asked_;
  std::vector<LocalEntry> entries_;
  std::vector<Place> inside_;
};

}  // namespace

Result<ProjectFolder> ProjectFolder::open(const std::string& path) {
  Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return unreadable(path, errno);
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), ::free);
  if (!real) return unreadable(path, errno);
  return ProjectFolder(std::move(folder), real.get());
}

Result<std::vector<LocalEntry>> ProjectFolder::entries(const std::string& path) const {
  Listing listing(folder_->get(), path_, path);
  TRY(listing.add(""));
  return listing.take();
}

Result<bool> ProjectFolder::is_folder(const std::string& path) const {
  TRY_ASSIGN(const Fd opened, Walk(folder_->get(), path_, path).to(path));
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) return unreadable(path, errno);
  return S_ISDIR(status.st_mode);
}

Result<Fd> ProjectFolder::open_file(const std::string& path) const {
  TRY_ASSIGN(Fd file, Walk(folder_->get(), path_, path).to(path));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return unreadable(path, errno);
  if (!S_ISREG(status.st_mode)) return wrong(path, "is not a file");
  return file;
}

}  // namespace segue
