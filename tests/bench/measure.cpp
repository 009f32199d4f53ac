// Runs a command and appends one line about it to a file; ends as the command did.
//   measure FILE COMMAND...     appends "WALL_MS CPU_MS PEAK_MIB": from fork to the end, user and
//                               system time, and the largest resident set, of the command and its
//                               children
// Small on purpose: what a process has in memory before its exec counts for it too.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace {

double now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double in_ms(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("measure FILE COMMAND...\n", stderr);
    return 2;
  }
  const double began = now_ms();
  const pid_t child = fork();
  if (child < 0) {
    std::perror("fork");
    return 1;
  }
  if (child == 0) {
    execvp(argv[2], argv + 2);
    std::perror(argv[2]);
    _exit(127);
  }
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);
  const double wall = now_ms() - began;
  std::FILE* file = std::fopen(argv[1], "ae");
  if (file == nullptr) {
    std::perror(argv[1]);
    return 1;
  }
  std::fprintf(file, "%.2f %.1f %.1f\n", wall, in_ms(used.ru_utime) + in_ms(used.ru_stime),
               static_cast<double>(used.ru_maxrss) / 1024);
  std::fclose(file);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
