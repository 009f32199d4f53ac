#include "segue/ui/quiet_waits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr Duration kQuietWait{5'000};

}  // namespace

void QuietWaits::begin(const std::string& host, const std::string& what, TimePoint now) {
  waits_.insert_or_assign(host, Wait{what, now});
}

void QuietWaits::heard(const Report& report, TimePoint now) {
  if (report.kind == Report::Kind::began) begin(report.host, report.title, now);
  if (report.kind == Report::Kind::succeeded || report.kind == Report::Kind::failed)
    end(report.host);
}

TimePoint QuietWaits::tell(TimePoint now) {
  TimePoint next = TimePoint::max();
  for (auto& [host, wait] : waits_) {
    if (wait.told) continue;
    if (now - wait.since < kQuietWait) {
      next = std::min(next, wait.since + kQuietWait);
      continue;
    }
    wait.told = true;
    reporter_.note(
        fmt::format("{}: still at \"{}\" after {}", host, wait.what, to_string(kQuietWait)));
  }
  return next;
}

}  // namespace segue
