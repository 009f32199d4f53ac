// `command:` given as one text: split into words as a shell would. What only a shell can do (pipes,
// variables, patterns, `exec`, ...) is left to `sh -c`.
//   npm start -- "two words"  ->  {npm, start, --, two words}      a | b  ->  {sh, -c, a | b}
#pragma once
#include "segue/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct CommandLine {
  std::vector<std::string> argv;
  bool by_shell = false;
};

Result<CommandLine> split_command(std::string_view text);  // error: a quote that is never closed

}  // namespace segue
