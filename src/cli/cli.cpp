#include "segue/cli/cli.hpp"

#include "invocation.hpp"

#include "segue/base/edit_distance.hpp"
#include "segue/base/text.hpp"
#include "segue/os/debug_log.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/real_files.hpp"
#include "segue/os/terminal.hpp"
#include "segue/ui/json_reporter.hpp"
#include "segue/ui/plain_reporter.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace segue {
namespace {

// Commands of the contract that are still to come: said so, instead of "unknown command".
constexpr std::array kLater{
    "build",  "rollback", "secrets", "images", "services", "server", "registry",    "proxy",
    "canary", "preview",  "promote", "abort",  "network",  "audit",  "maintenance", "completion"};
constexpr std::array<std::pair<const char*, const char*>, 5> kLaterInGroups{{{"lock", "acquire"},
                                                                             {"lock", "show"},
                                                                             {"deploys", "show"},
                                                                             {"config", "show"},
                                                                             {"config", "schema"}}};

int usage_error(const std::string& what, const std::string& hint) {
  std::fprintf(stderr, "error: %s\n", visible(what).c_str());
  if (!hint.empty()) std::fprintf(stderr, "  %s\n", visible(hint).c_str());
  return static_cast<int>(ExitStatus::usage);
}

std::vector<std::string> names_of_subcommands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

void add_option_names(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
}

const CLI::App* deepest(const CLI::App& app) {
  const CLI::App* found = &app;
  while (!found->get_subcommands().empty()) found = found->get_subcommands().front();
  return found;
}

// What stands there and was not understood: a command of later, a slip, or too much.
int explain_extra(const CLI::App& app, const std::string& word) {
  const CLI::App* at = deepest(app);
  if (word.starts_with('-')) {
    std::vector<std::string> names;
    add_option_names(app, names);
    if (at != &app) add_option_names(*at, names);
    const auto near = nearest(word.substr(0, word.find('=')), names);
    return usage_error("there is no option " + word,
                       near ? "did you mean " + *near + "?" : "see segue help");
  }
  for (const auto& [group, name] : kLaterInGroups)
    if (at->get_name() == group && word == name)
      return usage_error(fmt::format("`segue {} {}` does not work yet", group, name), "");
  if (at == &app && std::find(kLater.begin(), kLater.end(), word) != kLater.end())
    return usage_error(fmt::format("`segue {}` does not work yet", word),
                       "see segue help for what does");
  const std::vector<std::string> known = names_of_subcommands(*at);
  if (known.empty())
    return usage_error("unexpected argument " + word, "see segue help " + at->get_name());
  const auto near = nearest(word, known);
  return usage_error("there is no command " + word,
                     near ? "did you mean " + *near + "?" : "there are: " + join(known, ", "));
}

bool wants_colour(const Invocation& invocation) {
  if (invocation.colour != "auto") return invocation.colour == "always";
  if (environment_variable("NO_COLOR").value_or("") != "") return false;
  return is_terminal(STDOUT_FILENO);
}

int run_invocation(const Invocation& invocation) {
  const std::string log =
      invocation.log_file.empty() && invocation.verbose > 1 ? "-" : invocation.log_file;
  if (!log.empty()) {
    if (const auto opened = open_debug_log(log); !opened)
      return usage_error(opened.error().what, "");
  }
  Signals signals;
  RealFiles files;
  PlainOptions options;
  options.colour = wants_colour(invocation);
  options.terminal = is_terminal(STDOUT_FILENO) && !environment_variable("CI");
  options.quiet = invocation.quiet;
  PlainReporter plain(options);
  JsonReporter machine(stdout);
  Reporter& reporter = invocation.json ? static_cast<Reporter&>(machine) : plain;
  App app{invocation.common, files, reporter, signals, tool_version_text()};
  app.options.interactive =
      is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO) && !invocation.json;
  return static_cast<int>(invocation.run(app));
}

int print_help(CLI::App& app, const std::vector<std::string>& words) {
  app.clear();  // else help is that of the command that was parsed
  CLI::App* at = &app;
  for (const std::string& word : words) {
    const auto subcommands =
        at->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
    if (subcommands.empty()) return explain_extra(*at, word);
    at = subcommands.front();
  }
  std::fputs(at->help().c_str(), stdout);
  return 0;
}

int parse_and_run(int argc, char** argv) {
  Invocation invocation;
  CLI::App app("segue deploys containers to your own servers over SSH without a failed request.",
               "segue");
  app.get_formatter()->column_width(32);
  app.set_help_flag("-h,--help", "Show this help");
  app.add_flag("--version", invocation.tool_version, "Version and commit of this program");
  add_global_options(app, invocation);
  add_deploy_commands(app, invocation);
  add_state_commands(app, invocation);
  add_project_commands(app, invocation);
  for (CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    sub->footer("Options that every command knows: segue help");
  CLI::App* help = app.add_subcommand("help", "Help on a command, as in: segue help lock release");
  // Not left to the parser: it would take the words after `help` for commands to run.
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.front() == "help")
    return print_help(app, {words.begin() + 1, words.end()});
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extras = app.remaining(true);
    return explain_extra(app, extras.empty() ? "" : extras.front());
  } catch (const CLI::RequiredError& error) {
    const CLI::App* at = deepest(app);
    const std::vector<std::string> extras = app.remaining(true);
    if (!extras.empty()) return explain_extra(app, extras.front());
    return usage_error(fmt::format("segue {} needs one of: {}", at->get_name(),
                                   join(names_of_subcommands(*at), ", ")),
                       "");
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what(), "see segue help " + deepest(app)->get_name());
  }
  if (help->parsed()) return print_help(app, {});
  if (invocation.tool_version && !invocation.run) {
    std::printf("segue %s\n", tool_version_text().c_str());
    return 0;
  }
  if (!invocation.run) return print_help(app, {});
  return run_invocation(invocation);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(
        stderr,
        "segue: internal error: %s\nsegue %s; please report this with the output of --log-file\n",
        error.what(), tool_version_text().c_str());
    return static_cast<int>(ExitStatus::internal);
  }
}

}  // namespace segue
