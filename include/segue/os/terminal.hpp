// The terminal that the program was started from, if there is one.
//   if (is_terminal(STDOUT_FILENO)) draw(terminal_width());
//   TRY_ASSIGN(const bool yes, ask_yes_no("Deploy?", signals.wake_fd()));
#pragma once
#include "segue/base/result.hpp"
#include "segue/base/secret.hpp"

#include <string>

namespace segue {

bool is_terminal(int fd);

// Columns; 80 when nobody knows.
int terminal_width();

// Asks on /dev/tty, so that a redirected output or input does not matter. Only y and yes are yes;
// an empty line, anything else and the end of input are no. Errors: Code::usage without a
// terminal, Code::interrupted when `wake_fd` (-1: none) becomes readable first.
Result<bool> ask_yes_no(const std::string& question, int wake_fd);

// The same for a line of text, without blanks around it; an empty line is `usual`, which the
// question shows. The end of input is Code::usage.
Result<std::string> ask_text(const std::string& question, const std::string& usual, int wake_fd);

// A line that is not shown while it is typed; empty: none was given, or there is no terminal.
Secret ask_secret(const std::string& question, int wake_fd);

// A line of its own on that terminal: what is wrong with an answer.
void tell_on_terminal(const std::string& text);

}  // namespace segue
