// Help on a command, by what was declared of it: its usage, subcommands and options.
#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace segue {

// "segue lock release"
std::string command_path(const CLI::App& command);

std::vector<CLI::App*> subcommands_of(const CLI::App& command);

std::string help_text(const CLI::App& command);

}  // namespace segue
