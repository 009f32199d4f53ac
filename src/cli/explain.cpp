#include "explain.hpp"

#include "help.hpp"

#include "segue/base/edit_distance.hpp"
#include "segue/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace segue {
namespace {

// Commands of the contract that are still to come: said so, instead of "there is no command".
constexpr std::array<std::string_view, 16> kLater{
    "segue services logs",   "segue services exec",  "segue services restart",
    "segue services stop",   "segue services start", "segue services scale",
    "segue services remove", "segue services cron",  "segue server init",
    "segue server teardown", "segue canary",         "segue preview",
    "segue promote",         "segue abort",          "segue maintenance",
    "segue completion"};

constexpr std::array<std::string_view, 3> kLaterOptions{"--image", "--plan", "--out"};

Error usage_error(std::string what, std::string hint) {
  return Error{Code::usage, std::move(what), std::move(hint), {}, {}};
}

const CLI::App& deepest(const CLI::App& app) {
  const CLI::App* found = &app;
  while (!found->get_subcommands().empty()) found = found->get_subcommands().front();
  return *found;
}

std::string see_help(const CLI::App& at) {
  const std::string path = command_path(at);
  return path == "segue" ? "see: segue help" : "see: segue help" + path.substr(5);
}

std::vector<std::string> names_of(const CLI::App& at) {
  std::vector<std::string> names;
  for (const CLI::App* command : subcommands_of(at)) names.push_back(command->get_name());
  return names;
}

Error explain_option(const CLI::App& at, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* app = &at; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
  }
  const std::string name = word.substr(0, word.find('='));
  if (std::find(kLaterOptions.begin(), kLaterOptions.end(), name) != kLaterOptions.end())
    return usage_error(fmt::format("{} does not work yet", name), see_help(at));
  const auto near = nearest(name, names);
  return usage_error("there is no option " + name,
                     near ? fmt::format("did you mean {}?", *near) : see_help(at));
}

}  // namespace

Error explain_word(const CLI::App& at, const std::string& word) {
  if (word.starts_with('-')) return explain_option(at, word);
  const std::string path = command_path(at) + " " + word;
  if (std::find(kLater.begin(), kLater.end(), path) != kLater.end())
    return usage_error(fmt::format("`{}` does not work yet", path), "see what does: segue help");
  const std::vector<std::string> known = names_of(at);
  if (known.empty())
    return usage_error(fmt::format("`{}` takes no argument {}", command_path(at), word),
                       see_help(at));
  const auto near = nearest(word, known);
  return usage_error(fmt::format("there is no command `{}`", path),
                     near ? fmt::format("did you mean `{} {}`?", command_path(at), *near)
                          : "there are: " + join(known, ", "));
}

Error explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& at = deepest(app);
  const std::string said = error.what();
  // The parser collects what it did not understand; only the first word was surely not meant.
  const std::vector<std::string> extras = app.remaining(true);
  if (!extras.empty()) return explain_word(at, extras.front());
  for (const CLI::Option* option : at.get_options())
    if (option->get_positional() && option->get_required() && option->count() == 0)
      return usage_error(fmt::format("`{}` needs {}", command_path(at), option->get_type_name()),
                         see_help(at));
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return usage_error(fmt::format("`{}` alone does nothing", command_path(at)),
                       "there are: " + join(names_of(at), ", "));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return usage_error(said.substr(0, said.find(':')) + " needs a value", see_help(at));
  return usage_error(said, see_help(at));
}

}  // namespace segue
