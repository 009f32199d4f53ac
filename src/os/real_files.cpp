#include "segue/os/real_files.hpp"

#include "segue/os/fd.hpp"
#include "segue/os/random.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace segue {
namespace {

tl::unexpected<Error> cannot(std::string_view verb, const std::string& path, int number) {
  return fail(Code::failed, fmt::format("cannot {} {}: {}", verb, path, errno_text(number)));
}

Result<struct stat> status_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return cannot("look at", path, errno);
  return status;
}

Result<> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Without this the rename itself may be lost when the power fails.
void flush_folder(const std::string& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

Result<> fill(const Fd& file, std::string_view bytes, unsigned mode, const std::string& path) {
  // The mask of the process must not narrow what was asked for.
  if (::fchmod(file.get(), static_cast<mode_t>(mode)) != 0) return cannot("write", path, errno);
  TRY(write_all(file.get(), bytes, path));
  if (::fsync(file.get()) != 0) return cannot("write", path, errno);
  return {};
}

}  // namespace

Result<std::string> RealFiles::read(const std::string& path, size_t limit) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return cannot("read", path, errno);
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot("read", path, errno);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(count));
    if (text.size() > limit)
      return fail(Code::failed, fmt::format("{} is longer than {} bytes", path, limit));
  }
}

Result<> RealFiles::write(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string temporary = path + "." + random_hex(6) + ".new";
  Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return cannot("write", path, errno);
  const Result<> filled = fill(file, bytes, mode, path);
  file.reset();
  if (!filled || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return filled ? Result<>(cannot("write", path, number)) : filled;
  }
  flush_folder(parent_of(path));
  return {};
}

Result<> RealFiles::append(const std::string& path, std::string_view bytes, unsigned mode) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode));
  if (!file) return cannot("write", path, errno);
  return write_all(file.get(), bytes, path);
}

bool RealFiles::exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

bool RealFiles::is_directory(const std::string& path) {
  const Result<struct stat> status = status_of(path);
  return status && S_ISDIR(status->st_mode);
}

Result<std::vector<std::string>> RealFiles::list(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (!folder) return cannot("list", path, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<unsigned> RealFiles::owner(const std::string& path) {
  TRY_ASSIGN(const struct stat status, status_of(path));
  return static_cast<unsigned>(status.st_uid);
}

Result<unsigned> RealFiles::mode(const std::string& path) {
  TRY_ASSIGN(const struct stat status, status_of(path));
  return static_cast<unsigned>(status.st_mode) & 07777U;
}

Result<> RealFiles::make_folder(const std::string& path, unsigned mode) {
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0)
    return cannot("make the folder", path, errno);
  return {};
}

// All that can be removed is, whatever goes wrong with one of them.
Result<> RealFiles::remove_folder(const std::string& path) {
  TRY_ASSIGN(const std::vector<std::string> names, list(path));
  for (const std::string& name : names) {
    const std::string inside = path + "/" + name;
    if (::unlink(inside.c_str()) != 0) remove_folder(inside);
  }
  if (::rmdir(path.c_str()) != 0) return cannot("remove", path, errno);
  return {};
}

Result<> RealFiles::make_directories(const std::string& path, unsigned mode) {
  if (path.empty() || is_directory(path)) return {};
  if (const std::string parent = parent_of(path); parent != path)
    TRY(make_directories(parent, mode));
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST)
    return cannot("make the folder", path, errno);
  return {};
}

Result<> RealFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return cannot("remove", path, errno);
  return {};
}

}  // namespace segue
