#include "segue/cli/cli.hpp"

#include "explain.hpp"
#include "help.hpp"
#include "invocation.hpp"

#include "segue/base/result.hpp"
#include "segue/os/debug_log.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/fd.hpp"
#include "segue/os/real_files.hpp"
#include "segue/os/terminal.hpp"
#include "segue/ui/json_reporter.hpp"
#include "segue/ui/plain_reporter.hpp"
#include "segue/ui/two_reporters.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>

namespace segue {
namespace {

using Words = std::vector<std::string>;

constexpr int kInput = 0;
constexpr int kOutput = 1;
constexpr int kErrors = 2;

bool wants_colour(const std::string& when, int fd) {
  if (when != "auto") return when == "always";
  const bool refused = environment_variable("NO_COLOR").value_or("") != "";
  return !refused && is_terminal(fd);
}

// With --json people read the standard error, else the standard output.
PlainOptions people_options(const Invocation& invocation) {
  const int fd = invocation.json ? kErrors : kOutput;
  PlainOptions options;
  if (invocation.json) options.out = stderr;
  options.colour = wants_colour(invocation.colour, fd);
  options.terminal = is_terminal(fd) && !environment_variable("CI");
  options.quiet = invocation.quiet;
  options.verbose = invocation.verbose > 0;
  options.width = terminal_width();
  return options;
}

Result<> open_log(const Invocation& invocation) {
  if (!invocation.log_file.empty()) return open_debug_log(invocation.log_file);
  return invocation.verbose > 1 ? open_debug_log("-") : Result<>();
}

ExitStatus run(const Invocation& invocation, Reporter& reporter) {
  if (const auto opened = open_log(invocation); !opened) {
    reporter.error(opened.error());
    return ExitStatus::usage;
  }
  Signals signals;
  RealFiles files;
  App app{invocation.common, files, reporter, signals, tool_version_text()};
  app.options.interactive = is_terminal(kInput) && is_terminal(kOutput) && !invocation.json;
  return invocation.run(app);
}

Result<std::string> help_on(const CLI::App& app, const Words& words) {
  const CLI::App* at = &app;
  for (const std::string& word : words) {
    if (word.starts_with('-')) continue;
    const auto commands = subcommands_of(*at);
    const auto it = std::find_if(commands.begin(), commands.end(),
                                 [&](const CLI::App* sub) { return sub->get_name() == word; });
    if (it == commands.end()) return tl::unexpected(explain_word(*at, word));
    at = *it;
  }
  return help_text(*at);
}

const CLI::App& asked_about(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

void declare(CLI::App& app, Invocation& invocation) {
  app.set_help_flag("-h,--help", "Show help");
  app.require_subcommand(0, 1);  // else `deploy status` would do one of both
  add_global_options(app, invocation);
  add_deploy_commands(app, invocation);
  add_state_commands(app, invocation);
  add_audit_command(app, invocation);
  add_images_commands(app, invocation);
  add_services_commands(app, invocation);
  add_registry_commands(app, invocation);
  add_lock_commands(app, invocation);
  add_proxy_commands(app, invocation);
  add_network_commands(app, invocation);
  add_server_commands(app, invocation);
  add_secrets_commands(app, invocation);
  add_project_commands(app, invocation);
  app.add_subcommand("help", "Help on a command, such as: segue help lock release");
}

// Fills in the invocation; what is to be printed instead of running something comes back.
Result<std::string> read_words(const Words& words, Invocation& invocation) {
  CLI::App app("segue deploys containers to your own servers over SSH without a failed request.",
               "segue");
  declare(app, invocation);
  // Not left to the parser: it would take the words after `help` for commands to run.
  if (!words.empty() && words.front() == "help")
    return help_on(app, {words.begin() + 1, words.end()});
  try {
    app.parse(Words(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    return help_text(asked_about(app));
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(explain(app, error));
  }
  if (invocation.tool_version) {
    invocation.run = nullptr;
    return "segue " + tool_version_text() + "\n";
  }
  if (invocation.run) return "";
  return help_text(app);
}

int parse_and_run(const Words& words) {
  Invocation invocation;
  const auto text = read_words(words, invocation);
  // A command line that is wrong may not have been read up to its --json.
  if (std::find(words.begin(), words.end(), "--json") != words.end()) invocation.json = true;
  PlainReporter people(people_options(invocation));
  JsonReporter machine(stdout);
  TwoReporters both(machine, people);
  Reporter& reporter = invocation.json ? static_cast<Reporter&>(both) : people;
  if (!text) {
    reporter.error(text.error());
    return static_cast<int>(exit_status_of(text.error().code));
  }
  if (invocation.run) return static_cast<int>(run(invocation, reporter));
  std::fputs(text->c_str(), stdout);
  return static_cast<int>(ExitStatus::done);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  occupy_standard_streams();
  try {
    return parse_and_run(Words(argv + std::min(argc, 1), argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr,
                 "segue: internal error: %s\n"
                 "This is segue %s. Please report it, with what --log-file FILE writes.\n",
                 error.what(), tool_version_text().c_str());
    return static_cast<int>(ExitStatus::internal);
  }
}

}  // namespace segue
