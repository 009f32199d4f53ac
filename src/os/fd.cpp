#include "segue/os/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

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
