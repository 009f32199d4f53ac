#include "segue/host/history.hpp"

#include "segue/base/text.hpp"
#include "segue/model/release_id.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace segue {
namespace {

constexpr size_t kListed = 8;

// Of two hosts that disagree the one that says more is right: it was told later.
int weight(ReleaseStatus status) {
  constexpr std::array kOrder{ReleaseStatus::interrupted, ReleaseStatus::rolled_back,
                              ReleaseStatus::partial, ReleaseStatus::succeeded};
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), status) - kOrder.begin());
}

std::vector<std::string> hosts_without(const KnownRelease& release,
                                       const std::map<std::string, HostFacts>& facts) {
  std::vector<std::string> missing;
  for (const auto& [host, known] : facts) {
    const auto& services = release.record.services;
    const bool part = std::any_of(services.begin(), services.end(),
                                  [&](const ServiceRecord& one) { return one.host == host; });
    const bool remembers = release.record.sequence > known.highest_sequence - kRememberedReleases;
    if (part && remembers && !release.hosts.contains(host)) missing.push_back(host);
  }
  return missing;
}

std::string list(const History& history, bool succeeded) {
  std::vector<std::string> ids;
  size_t more = 0;
  for (const KnownRelease& release : history.releases) {
    if (succeeded && release.record.status != ReleaseStatus::succeeded) continue;
    if (ids.size() < kListed)
      ids.push_back(release.record.id);
    else
      ++more;
  }
  if (ids.empty()) return "there is none yet";
  return "there are: " + join(ids, ", ") + (more == 0 ? "" : fmt::format(" and {} more", more));
}

bool is_called(const ReleaseRecord& record, const std::string& name) {
  const auto id = parse_release_id(record.id);
  return record.id == name || std::to_string(record.sequence) == name ||
         (id && id->version == name);
}

// The release whose state this one is: a rollback brings an older one back.
int origin(const History& history, const ReleaseRecord& record) {
  if (record.restores.empty()) return record.sequence;
  const auto id = parse_release_id(record.restores);
  for (const KnownRelease& release : history.releases)
    if (release.record.id == record.restores && release.record.sequence < record.sequence)
      return origin(history, release.record);
  return id ? id->sequence : record.sequence;
}

}  // namespace

const KnownRelease* History::live() const {
  const auto found =
      std::find_if(releases.begin(), releases.end(), [](const KnownRelease& release) {
        return release.record.status == ReleaseStatus::succeeded ||
               release.record.status == ReleaseStatus::partial;
      });
  return found == releases.end() ? nullptr : &*found;
}

History read_history(const std::map<std::string, HostFacts>& facts) {
  History history;
  std::map<std::string, KnownRelease> releases;
  std::map<std::string, std::pair<std::string_view, ReleaseStatus>> read;
  for (const auto& [host, known] : facts) {
    for (const auto& [id, text] : known.records) {
      // Hosts have the same of it, as a rule.
      const auto before = read.find(id);
      if (before != read.end() && before->second.first == text) {
        releases[id].hosts[host] = before->second.second;
        continue;
      }
      auto record = parse_record(text);
      if (!record) {
        history.unreadable.push_back(host + ": " + id);
        continue;
      }
      KnownRelease& release = releases[id];
      release.hosts[host] = record->status;
      read[id] = {text, record->status};
      if (release.hosts.size() == 1 || weight(record->status) > weight(release.record.status))
        release.record = std::move(*record);
    }
  }
  for (auto& [id, release] : releases) {
    release.missing = hosts_without(release, facts);
    history.releases.push_back(std::move(release));
  }
  std::sort(history.releases.begin(), history.releases.end(),
            [](const auto& a, const auto& b) { return a.record.sequence > b.record.sequence; });
  return history;
}

Result<ReleaseRecord> find_release(const History& history, const std::string& name) {
  for (const KnownRelease& release : history.releases)
    if (release.record.id == name) return release.record;
  for (const KnownRelease& release : history.releases)
    if (is_called(release.record, name)) return release.record;
  return fail(Code::usage, fmt::format("there is no release {}", visible(name)),
              list(history, false));
}

Result<ReleaseRecord> rollback_target(const History& history, const std::string& name) {
  const auto succeeded = [](const KnownRelease& release) {
    return release.record.status == ReleaseStatus::succeeded;
  };
  if (!name.empty()) {
    for (const KnownRelease& release : history.releases)
      if (succeeded(release) && is_called(release.record, name)) return release.record;
    TRY_ASSIGN(const ReleaseRecord record, find_release(history, name));
    return fail(Code::usage,
                fmt::format("the release {} has not succeeded ({}): there is nothing whole to go "
                            "back to",
                            record.id, to_string(record.status)),
                list(history, true));
  }
  const KnownRelease* live = history.live();
  const int before = live == nullptr ? 0 : origin(history, live->record);
  for (const KnownRelease& release : history.releases)
    if (succeeded(release) && release.record.sequence < before) return release.record;
  if (live == nullptr) return fail(Code::usage, "nothing has been deployed yet");
  return fail(Code::usage,
              fmt::format("there is no release before {} that has succeeded", live->record.id),
              "name one: segue rollback RELEASE; " + list(history, true));
}

}  // namespace segue
