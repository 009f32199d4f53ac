// A command in a section whose failure is the section's: what it said becomes the problem told.
//   body += checked(engine.rename("web", "web_old_1"), "rename");
// `longest` is how long it may be silent by itself, such as a stop by its grace period; beyond a
// few seconds the script then shows signs of life meanwhile, and renews its lease (rules E7, B1).
// Such a command must not begin with assignments.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/script/shell_text.hpp"

namespace segue {

ShellText checked(const ShellText& command, const char* problem, Duration longest = Duration{0});

}  // namespace segue
