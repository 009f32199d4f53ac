// `segue proxy`: the container through which requests reach the services of a host.
#include "invocation.hpp"

#include "segue/base/number.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace segue {
namespace {

std::shared_ptr<bool> yes_of(CLI::App& command) {
  const auto yes = std::make_shared<bool>(false);
  command.add_flag("-y,--yes", *yes, "Do not ask");
  return yes;
}

std::string is_count(const std::string& text) {
  const auto number = parse_number<int>(text);
  return number && *number >= 0 ? "" : "must be a number of lines, not " + text;
}

}  // namespace

void add_proxy_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* proxy = app.add_subcommand("proxy", "The proxy of each host");
  proxy->fallthrough()->require_subcommand(1);

  CLI::App* status = proxy->add_subcommand("status", "What the proxies run, and where routes lead");
  status->fallthrough();
  status->callback([&invocation] { invocation.run = [](App& a) { return proxy_status(a); }; });

  CLI::App* reboot =
      proxy->add_subcommand("reboot", "Change to proxy.image; no request is refused");
  reboot->fallthrough();
  reboot->footer("Requests in flight are finished, within 10 s; open websockets end.");
  const auto reboot_yes = yes_of(*reboot);
  reboot->callback([&invocation, reboot_yes] {
    invocation.run = [reboot_yes](App& a) { return proxy_reboot(a, *reboot_yes); };
  });

  const auto options = std::make_shared<LogOptions>();
  CLI::App* logs = proxy->add_subcommand("logs", "What the proxies have logged");
  logs->fallthrough();
  logs->add_flag("-f,--follow", options->follow, "Go on as lines come, until Ctrl-C");
  logs->add_option("-n,--lines", options->lines, "How many to begin with (default: 100)")
      ->check(is_count)
      ->type_name("N");
  logs->callback([&invocation, options] {
    invocation.run = [options](App& a) { return proxy_logs(a, *options); };
  });

  CLI::App* gc = proxy->add_subcommand("gc", "Remove routes of services without a container");
  gc->fallthrough();
  const auto gc_yes = yes_of(*gc);
  gc->callback([&invocation, gc_yes] {
    invocation.run = [gc_yes](App& a) { return proxy_gc(a, *gc_yes); };
  });
}

}  // namespace segue
