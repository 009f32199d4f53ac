#include "segue/model/release_id.hpp"

#include "segue/base/number.hpp"

#include <fmt/format.h>

namespace segue {
namespace {
constexpr std::string_view kVersionLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
constexpr size_t kLongestVersion = 64;
}  // namespace

std::string ReleaseId::text() const {
  return fmt::format("{}-{}-{}", sequence, version, tail);
}

ReleaseId make_release_id(int sequence, std::string_view version, std::string_view tail) {
  ReleaseId id{sequence, {}, std::string(tail)};
  for (const char c : version.substr(0, kLongestVersion))
    id.version += kVersionLetters.find(c) == std::string_view::npos ? '_' : c;
  if (id.version.empty()) id.version = "untagged";
  return id;
}

std::optional<ReleaseId> parse_release_id(std::string_view text) {
  const size_t first = text.find('-');
  const size_t last = text.rfind('-');
  if (first == std::string_view::npos || first == last || text.size() - last != 5)
    return std::nullopt;
  const auto sequence = parse_number<int>(text.substr(0, first));
  if (!sequence || *sequence < 1) return std::nullopt;
  return ReleaseId{*sequence, std::string(text.substr(first + 1, last - first - 1)),
                   std::string(text.substr(last + 1))};
}

}  // namespace segue
