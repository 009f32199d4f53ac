#include "segue/os/fd.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace segue {

void Fd::reset(int number) {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

Result<Pipe> make_pipe() {
  int ends[2] = {-1, -1};
#ifdef __linux__
  const int made = ::pipe2(ends, O_CLOEXEC);
#else
  const int made = ::pipe(ends);
#endif
  if (made != 0) return fail(Code::failed, "cannot make a pipe: " + errno_text(errno));
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
#ifndef __linux__
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  ::fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
  return pipe;
}

Fd hold_folder(const std::string& path) {
  Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat held{};
  struct stat named{};
  const bool ours = folder && ::fstat(folder.get(), &held) == 0 && held.st_uid == ::geteuid() &&
                    ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0;
  // Whoever held it before may have removed it.
  const bool still_there = ours && ::lstat(path.c_str(), &named) == 0 &&
                           named.st_ino == held.st_ino && named.st_dev == held.st_dev;
  if (!still_there) folder.reset();
  return folder;
}

void allow_open_files(size_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count) return;
  limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void set_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
}

bool would_block(int number) {
  return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

void occupy_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", O_RDWR);  // the lowest free number: this one
}

std::string errno_text(int number) {
  return std::generic_category().message(number);
}

}  // namespace segue
