#include "segue/script/checked.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kShort{10'000};  // a fraction of any sensible ssh.command_timeout

}  // namespace

ShellText checked(const ShellText& command, const char* problem, Duration longest) {
  const bool patient = longest > kShort;
  ShellText text(patient ? "segue_hear_long " : "segue_answer=$(");
  text += command;
  return text.raw(fmt::format("{} || {{ segue_problem {} \"$segue_answer\"; return 96; }}\n",
                              patient ? "" : " 2>&1)", problem));
}

}  // namespace segue
