// The command line: arguments in, exit status out.
#pragma once

namespace segue {

int run_command_line(int argc, char** argv);

}  // namespace segue
