// Names one release: sequence, version, four hex digits. "42-v1.2.3-9f3a"
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace segue {

struct ReleaseId {
  int sequence = 0;     // highest on the hosts plus one: clocks lie, sequences do not (rules C2)
  std::string version;  // letters, digits, dots and underscores; what else the user wrote became _
  std::string tail;     // four hex digits

  bool operator==(const ReleaseId&) const = default;
  std::string text() const;
};

ReleaseId make_release_id(int sequence, std::string_view version, std::string_view tail);
std::optional<ReleaseId> parse_release_id(std::string_view text);

}  // namespace segue
