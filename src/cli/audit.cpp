// `segue audit`: who did what, when, and with which result.
#include "invocation.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/os/wall_clock.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace segue {
namespace {

constexpr std::array<const char*, 5> kStatuses{"succeeded", "rolled_back", "partial", "interrupted",
                                               "failed"};
constexpr std::string_view kMoment = "0000-00-00T00:00:00Z";

// As much of kMoment as was given, but no half of a number; a blank may stand for the T.
std::optional<std::string> moment_of(std::string text) {
  constexpr std::array<size_t, 7> kLengths{4, 7, 10, 13, 16, 19, 20};
  if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
  if (std::find(kLengths.begin(), kLengths.end(), text.size()) == kLengths.end())
    return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kMoment[i] == '0' ? !digit : text[i] != kMoment[i]) return std::nullopt;
  }
  return text;
}

// A moment, or how long ago it was.
std::optional<std::string> moment_or_age(const std::string& text) {
  constexpr int64_t kMilliseconds = 1'000;
  constexpr int64_t kDay = 86'400;
  if (text.ends_with('d')) {
    const auto days = parse_number<int>(text.substr(0, text.size() - 1));
    if (days && *days >= 0) return utc_text(now_seconds() - *days * kDay);
  }
  if (auto moment = moment_of(text)) return moment;
  const auto age = parse_duration(text);
  if (!age) return std::nullopt;
  return utc_text(now_seconds() - age->count() / kMilliseconds);
}

void add_moment(CLI::App& app, const std::string& name, std::string& target,
                const std::string& help) {
  app.add_option_function<std::string>(
         name, [&target](const std::string& text) { target = moment_or_age(text).value_or(text); },
         help)
      ->check([](const std::string& text) -> std::string {
        return moment_or_age(text) ? ""
                                   : "must be a moment such as 2026-11-21 or 2026-11-21T04:17, in "
                                     "UTC, or an age such as 2h or 7d, not " +
                                         text;
      })
      ->type_name("WHEN");
}

}  // namespace

void add_audit_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<AuditOptions>();
  CLI::App* audit = app.add_subcommand("audit", "Who did what, when, and with which result");
  audit->fallthrough();
  add_moment(*audit, "--since", options->since, "Nothing older");
  add_moment(*audit, "--until", options->until, "Nothing newer");
  audit->add_option("--action", options->action, "Only this: deploy, rollback, lock acquire, ...")
      ->type_name("ACTION");
  audit->add_option("--status", options->status, "Only what ended so")
      ->check([](const std::string& status) {
        const bool known = std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end();
        return known ? ""
                     : "must be one of " + join({kStatuses.begin(), kStatuses.end()}, ", ") +
                           ", not " + status;
      })
      ->type_name("STATUS");
  add_list(*audit, "--host", invocation.common.hosts, "The same as -H");
  audit->add_option("-n,--newest", options->newest, "So many at most; 0: all (default: 50)")
      ->check([](const std::string& text) -> std::string {
        const auto number = parse_number<int>(text);
        return number && *number >= 0 ? "" : "must be a number, 0 or more, not " + text;
      })
      ->type_name("N");
  audit->add_flag("-f,--follow", options->follow, "Go on as more is done, until Ctrl-C");
  audit->footer(
      "WHEN is in UTC: 2026-11-21, 2026-11-21T04:17, or an age: 90m, 7d.\n"
      "STATUS is succeeded, rolled_back, partial, interrupted or failed.");
  audit->callback([&invocation, options] {
    invocation.run = [options](App& a) { return segue::audit(a, *options); };
  });
}

}  // namespace segue
