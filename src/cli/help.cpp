#include "help.hpp"

#include "segue/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace segue {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string table(const std::string& heading, const Rows& rows) {
  if (rows.empty()) return {};
  size_t width = 0;
  for (const auto& [name, text] : rows) width = std::max(width, name.size());
  std::string out = "\n" + heading + ":\n";
  for (const auto& [name, text] : rows) out += fmt::format("  {:<{}}  {}\n", name, width, text);
  return out;
}

// Commands that do something, with those of groups written out: "lock release".
void add_commands(const CLI::App& app, const std::string& prefix, Rows& rows) {
  for (const CLI::App* command : subcommands_of(app)) {
    const std::string name = prefix + command->get_name();
    if (subcommands_of(*command).empty()) {
      rows.emplace_back(name, command->get_description());
    } else {
      add_commands(*command, name + " ", rows);
    }
  }
}

std::string option_name(const CLI::Option& option) {
  if (option.get_positional()) return option.get_type_name();
  const auto& shorts = option.get_snames();
  std::string text = shorts.empty() ? "    " : "-" + shorts.front() + ", ";
  if (!option.get_lnames().empty()) text += "--" + option.get_lnames().front();
  const std::string type = option.get_type_name();
  return type.empty() ? text : text + " " + type;
}

Rows option_rows(const CLI::App& app) {
  Rows rows;
  for (const CLI::Option* option : app.get_options())
    rows.emplace_back(option_name(*option), option->get_description());
  // The help option is declared first and matters least.
  std::rotate(rows.begin(), rows.begin() + (rows.empty() ? 0 : 1), rows.end());
  return rows;
}

// Those without dashes: " MESSAGE", or " [RELEASE]" where it may be left out.
std::string arguments(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_type_name();
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text;
}

const CLI::App* root_of(const CLI::App& command) {
  const CLI::App* app = &command;
  while (app->get_parent() != nullptr) app = app->get_parent();
  return app;
}

}  // namespace

std::string command_path(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return (parent == nullptr ? "" : command_path(*parent) + " ") + command.get_name();
}

std::vector<CLI::App*> subcommands_of(const CLI::App& command) {
  std::vector<CLI::App*> found;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    found.push_back(const_cast<CLI::App*>(sub));
  return found;
}

std::string help_text(const CLI::App& command) {
  Rows commands;
  add_commands(command, "", commands);
  const CLI::App* root = root_of(command);
  const std::string usage =
      (commands.empty() ? "" : " COMMAND") + arguments(command) + " [OPTIONS]";
  std::string text =
      command.get_description() + "\n\nUsage: " + command_path(command) + usage + "\n";
  text += table("Commands", commands);
  if (&command == root)
    return text + table("Options of every command", option_rows(*root)) +
           "\nHelp on one command: segue help COMMAND\n";
  text += table("Options", option_rows(command));
  const std::string footer = command.get_footer();
  if (!footer.empty()) text += "\n" + footer + "\n";
  return text + "\nOptions of every command, such as -c FILE, -e NAME or --json: segue help\n";
}

}  // namespace segue
