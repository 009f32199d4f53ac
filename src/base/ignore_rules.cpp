#include "segue/base/ignore_rules.hpp"

#include "segue/base/text.hpp"

#include <algorithm>
#include <span>

namespace segue {
namespace {

constexpr std::string_view kAnyFolders = "**";

using Parts = std::span<const std::string>;

bool matches(Parts pattern, Parts path) {
  if (pattern.empty()) return path.empty();
  if (pattern.front() == kAnyFolders) {
    for (size_t skipped = 0; skipped <= path.size(); ++skipped)
      if (matches(pattern.subspan(1), path.subspan(skipped))) return true;
    return false;
  }
  return !path.empty() && matches_pattern(pattern.front(), path.front()) &&
         matches(pattern.subspan(1), path.subspan(1));
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(std::move(part));
    else if (!parts.empty())
      parts.pop_back();
  }
  return parts;
}

}  // namespace

IgnoreRules::IgnoreRules(std::string_view text) {
  for (const std::string& line : split_lines(text)) {
    if (line.starts_with('#')) continue;
    std::string_view pattern = trim(line);
    Rule rule;
    rule.is_exception = pattern.starts_with('!');
    if (rule.is_exception) pattern = trim(pattern.substr(1));
    rule.parts = parts_of(pattern);
    if (rule.parts.empty()) continue;
    rule.is_understood = std::ranges::none_of(rule.parts, [](const std::string& part) {
      return part != kAnyFolders &&
             (contains(part, kAnyFolders) || part.find_first_of("[\\") != std::string::npos);
    });
    has_exceptions_ = has_exceptions_ || rule.is_exception;
    rules_.push_back(std::move(rule));
  }
}

// What is for a folder is for all that is in it.
bool IgnoreRules::is_for(const Rule& rule, const std::vector<std::string>& path) {
  if (!rule.is_understood) return rule.is_exception;
  for (size_t length = 1; length <= path.size(); ++length)
    if (matches(rule.parts, Parts(path).first(length))) return true;
  return false;
}

bool IgnoreRules::ignores(std::string_view path) const {
  const std::vector<std::string> parts = parts_of(path);
  const auto last = std::find_if(rules_.rbegin(), rules_.rend(),
                                 [&](const Rule& rule) { return is_for(rule, parts); });
  return last != rules_.rend() && !last->is_exception;
}

}  // namespace segue
