// Owns one file descriptor and closes it. All descriptors made here are closed in child processes.
//   Fd file(::open(path, O_RDONLY | O_CLOEXEC));  if (!file) ...
#pragma once
#include "segue/base/result.hpp"

#include <utility>

namespace segue {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.number_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void reset(int number = -1);

 private:
  int number_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe();
void set_nonblocking(int fd);

// Holds a folder of ours as long as it is open and this process lives. Empty: somebody else holds
// it, or it is not ours, or it is gone.
Fd hold_folder(const std::string& path);

// So that many files can be open at once, where the system lets us.
void allow_open_files(size_t count);
bool would_block(int number);  // errno of a read or write that may simply be tried again

// Opens /dev/null in the place of each standard stream that the caller has closed: else the next
// socket would get its number, and what is printed would go there.
void occupy_standard_streams();

// errno_text(ENOENT) is "No such file or directory".
std::string errno_text(int number);

}  // namespace segue
