#include "read_rollout.hpp"

#include "segue/base/number.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr int kWhole = 100;  // per cent
constexpr size_t kMostHosts = 10'000;

// "2" or "25%"
void read_parallel(const MapReader::Text& text, RolloutConfig& rollout, Problems& problems) {
  const bool percent = text.text.ends_with('%');
  const auto number = parse_number<size_t>(
      std::string_view(text.text).substr(0, text.text.size() - (percent ? 1 : 0)));
  if (!number || *number < 1 || *number > (percent ? kWhole : kMostHosts)) {
    problems.add(text.at,
                 fmt::format("`parallel` must be a number of hosts, or a percentage of them, not "
                             "\"{}\"",
                             text.text),
                 "write 2, or \"25%\"; \"100%\" is all at once");
    return;
  }
  rollout.parallel = *number;
  rollout.is_percent = percent;
}

}  // namespace

RolloutConfig read_rollout(const MapReader& section, RolloutConfig rollout, Problems& problems) {
  if (const auto parallel = section.text("parallel")) read_parallel(*parallel, rollout, problems);
  rollout.pause = section.duration("pause").value_or(rollout.pause);
  rollout.bake = section.duration("bake").value_or(rollout.bake);
  if (const auto most = section.number("max_failures"))
    rollout.max_failures = static_cast<size_t>(*most);
  const auto policy = section.text("on_failure");
  if (!policy) return rollout;
  if (policy->text == "rollback") rollout.on_failure = OnFailure::rollback;
  if (policy->text == "stop") rollout.on_failure = OnFailure::stop;
  if (policy->text == "isolate") rollout.on_failure = OnFailure::isolate;
  return rollout;
}

}  // namespace segue
