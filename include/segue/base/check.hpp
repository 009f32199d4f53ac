// CHECK(condition, "the thought that failed"): for mistakes of ours, always on. It runs the hook
// (which restores the terminal), prints the thought and aborts.
#pragma once

namespace segue {

using CheckHook = void (*)();
void set_check_hook(CheckHook hook);
[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace segue

#define CHECK(condition, why) \
  ((condition) ? void(0) : ::segue::check_failed(#condition, why, __FILE__, __LINE__))
