#include "segue/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace segue {
namespace {
CheckHook check_hook = nullptr;
}

void set_check_hook(CheckHook hook) {
  check_hook = hook;
}

void check_failed(const char* condition, const char* why, const char* file, int line) {
  if (check_hook != nullptr) check_hook();
  std::fprintf(stderr, "segue: internal error: %s (%s, %s:%d)\n", why, condition, file, line);
  std::abort();
}

}  // namespace segue
