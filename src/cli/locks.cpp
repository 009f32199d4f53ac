// `segue lock`: who may change the project.
#include "invocation.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace segue {

std::string is_duration(const std::string& text) {
  const auto duration = parse_duration(text);
  return duration ? "" : "must be seconds, or a length of time such as 5m, not " + text;
}

void add_duration(CLI::App& app, const std::string& name, Duration& target,
                  const std::string& help) {
  app.add_option_function<std::string>(
         name, [&target](const std::string& text) { target = parse_duration(text).value(); }, help)
      ->check(is_duration)
      ->type_name("S");
}

void add_lock_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* lock = app.add_subcommand("lock", "The lock that deploys take");
  lock->fallthrough()->require_subcommand(1);

  const auto options = std::make_shared<LockOptions>();
  CLI::App* acquire = lock->add_subcommand("acquire", "Keep others from deploying");
  acquire->fallthrough();
  acquire->add_option("message", options->message, "Why: others are told")
      ->type_name("MESSAGE")
      ->required();
  add_duration(*acquire, "--timeout", options->timeout, "Wait so long for who holds it");
  add_duration(*acquire, "--ttl", options->ttl, "It ends by itself then (default: never)");
  acquire->add_flag("--force", options->force, "Take it from whoever holds it: his deploy stops");
  acquire->footer(
      "S is seconds, or a length of time such as 5m. Deploys of the same user, or\n"
      "of the same CI run, go on under the lock and leave it; `lock release` ends it.");
  acquire->callback([&invocation, options] {
    invocation.run = [options](App& a) { return lock_acquire(a, *options); };
  });

  CLI::App* status = lock->add_subcommand("status", "Who holds it, since when, and why");
  status->fallthrough();
  status->callback(
      [&invocation] { invocation.run = [](App& a) { return lock_status(a, false); }; });
  CLI::App* show = lock->add_subcommand("show", "All that is known of who holds it");
  show->fallthrough();
  show->callback([&invocation] { invocation.run = [](App& a) { return lock_status(a, true); }; });

  const auto force = std::make_shared<bool>(false);
  CLI::App* release = lock->add_subcommand("release", "Release your lock, or one of a dead owner");
  release->fallthrough();
  release->add_flag("--force", *force, "Also one of somebody else: his deploy then stops");
  release->callback([&invocation, force] {
    invocation.run = [force](App& a) { return lock_release(a, *force); };
  });
}

}  // namespace segue
