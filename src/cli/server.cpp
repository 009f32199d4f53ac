// `segue server`: the hosts themselves.
#include "invocation.hpp"

#include "segue/base/number.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace segue {
namespace {

std::string is_host_count(const std::string& text) {
  const auto number = parse_number<int>(text);
  return number && *number > 0 ? "" : "must be a number of hosts, not " + text;
}

void add_exec(CLI::App& server, Invocation& invocation) {
  const auto options = std::make_shared<ServerExecOptions>();
  CLI::App* exec = server.add_subcommand("exec", "Run a command on the hosts");
  exec->fallthrough();
  exec->add_option("command", options->words, "A line for /bin/sh, or -- a program and its words")
      ->type_name("CMD")
      ->required();
  exec->add_option("--parallel", options->parallel, "So many hosts at a time (default: all)")
      ->check(is_host_count)
      ->type_name("N");
  exec->add_flag("--continue-on-error", options->continue_on_error,
                 "Begin on further hosts after one has failed");
  exec->add_option_function<std::string>(
          "--timeout",
          [options](const std::string& text) { options->timeout = parse_duration(text).value(); },
          "End it on a host after this time")
      ->check(is_duration)
      ->type_name("S");
  exec->add_flag("-i,--interactive", options->interactive,
                 "On one host, on this terminal, by the system's ssh");
  exec->footer(
      "Hosts are chosen with -H; they need no container engine. Lines of several\n"
      "hosts have the host's name in front. Exit code: 0 when it succeeded on\n"
      "all, 1 when it failed, 4 when no host was reached, 5 when it succeeded\n"
      "on some, or nobody knows.");
  exec->callback([&invocation, options] {
    invocation.run = [options](App& a) { return server_exec(a, *options); };
  });
}

}  // namespace

void add_server_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* server = app.add_subcommand("server", "The hosts themselves");
  server->fallthrough()->require_subcommand(1);
  add_exec(*server, invocation);

  CLI::App* doctor = server->add_subcommand("doctor", "Check what a deploy needs of the hosts");
  doctor->fallthrough();
  doctor->footer(
      "Tells of each host how it is reached and what it is, and for all that\n"
      "stands in the way of a deploy the fix. Changes nothing. Exit code: 0 when\n"
      "nothing does, 1 when something does, 4 when no host was reached.");
  doctor->callback([&invocation] { invocation.run = server_doctor; });

  const auto host = std::make_shared<std::string>();
  CLI::App* ssh = server->add_subcommand("ssh", "Log in on a host, by the system's ssh");
  ssh->fallthrough();
  ssh->add_option("host", *host, "Its name in deploy.yml, or its address")
      ->type_name("HOST")
      ->required();
  ssh->callback([&invocation, host] {
    invocation.run = [host](App& a) {
      a.options.hosts = {*host};
      return server_ssh(a);
    };
  });
}

}  // namespace segue
