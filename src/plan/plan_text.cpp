#include "segue/plan/plan_text.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr size_t kLongestValue = 60;
constexpr size_t kWidestTitle = 60;

// Long values are cut in the middle: their ends say most (image ids, addresses).
std::string shown(const std::string& value) {
  const std::string text = visible(value);
  if (text.empty()) return "(none)";
  if (text.size() <= kLongestValue) return text;
  const size_t half = kLongestValue / 2 - 2;
  return text.substr(0, half) + "..." + text.substr(text.size() - half);
}

std::string short_id(const std::string& value) {
  return value.starts_with("sha256:") ? value.substr(7, 12) : shown(value);
}

std::string change_line(const FieldChange& change) {
  const bool id = change.field == "image_id";
  const std::string before = id ? short_id(change.before) : shown(change.before);
  const std::string after = id ? short_id(change.after) : shown(change.after);
  return fmt::format("      {}: {} -> {}\n", change.field, before, after);
}

std::string steps_text(const std::vector<Step>& steps) {
  size_t width = 0;
  for (const Step& step : steps) width = std::max(width, std::min(step.title.size(), kWidestTitle));
  std::string text;
  int number = 0;
  for (const Step& step : steps) {
    text += fmt::format("      {:>2}. {}", ++number, step.title);
    if (!step.why.empty()) {
      // A title that is too wide for the column gets its reason on a line of its own.
      if (step.title.size() > kWidestTitle) {
        text += fmt::format("\n          {}", step.why);
      } else {
        text += fmt::format("{}  {}", std::string(width - step.title.size(), ' '), step.why);
      }
    }
    text += '\n';
  }
  return text;
}

std::string roll_text(const Roll& roll) {
  const char* mode = roll.mode == RollMode::start_first ? "start-first" : "stop-first";
  std::string text = fmt::format("  {} on {}: {}, {} ({})\n", roll.service, roll.host,
                                 roll.first ? "new" : "replace", mode, roll.mode_reason);
  if (!roll.trouble.empty()) text += fmt::format("      ! {}\n", visible(roll.trouble));
  for (const FieldChange& change : roll.changes) text += change_line(change);
  return text + steps_text(roll.steps);
}

std::string host_steps(const std::string& heading, const std::vector<HostSteps>& hosts) {
  std::string text;
  for (const HostSteps& host : hosts)
    text += fmt::format("  {} {}\n{}", heading, host.host, steps_text(host.steps));
  return text;
}

}  // namespace

std::string plan_text(const Plan& plan) {
  std::string text;
  for (const std::string& note : plan.notes) text += fmt::format("  note: {}\n", note);
  for (const Unchanged& unchanged : plan.unchanged)
    text += fmt::format("  {} on {}: already running {}\n", unchanged.service, unchanged.host,
                        unchanged.release);
  if (plan.empty()) return text + "Nothing to do.\n";
  text += host_steps("prepare", plan.stage);
  for (const Roll& roll : plan.rolls) text += roll_text(roll);
  text += host_steps("when all hosts have succeeded, on", plan.cleanup);
  return text;
}

}  // namespace segue
