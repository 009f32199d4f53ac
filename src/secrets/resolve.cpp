#include "segue/secrets/resolve.hpp"

#include "segue/base/secret_name.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

// A variable of a process holds no more (rules A7).
constexpr size_t kMostBytes = size_t{128} * 1024;
// What the engines' clients read as one line of an --env-file.
constexpr size_t kMostBytesOfLine = size_t{60} * 1024;

// Takes from the source what it has; the rest stays in `names`.
Result<> ask(SecretSource& source, std::vector<std::string>& names, FoundSecrets& found) {
  found.asked.push_back(source.name());
  if (names.empty()) return {};
  TRY(source.expect(names));
  std::vector<std::string> left;
  for (const std::string& name : names) {
    std::optional<Secret> value = source.find(name);
    if (!value) {
      left.push_back(name);
      continue;
    }
    TRY(check_secret_value(name, *value));
    found.values.insert_or_assign(name, std::move(*value));
    found.sources[name] = source.name();
  }
  names = std::move(left);
  return {};
}

}  // namespace

Result<> check_secret_value(const std::string& name, const Secret& value) {
  const std::string& text = value.reveal();
  const auto refused = [&](const char* why, const char* hint) {
    return fail(Code::usage, fmt::format("the secret {} {}", name, why), hint);
  };
  if (text.size() + name.size() >= kMostBytes)
    return refused("is longer than 128 KiB", "mount it as a file instead");
  if (text.find('\0') != std::string::npos)
    return refused("has a NUL byte in it", "no environment can hold it: encode it, as by base64");
  if (!misleads_programs(name)) return {};
  const bool line = text.find_first_of("\r\n") == std::string::npos && visible(text) == text &&
                    text.size() < kMostBytesOfLine;
  if (line) return {};
  return refused(
      "has a name that the engine's client takes for its own settings, so its value "
      "must be one line of plain text under 60 KiB",
      "use another name, or mount it as a file");
}

Result<FoundSecrets> find_secrets(const std::vector<std::string>& names,
                                  const std::vector<SecretSource*>& sources) {
  FoundSecrets found;
  for (const std::string& name : names)
    if (std::ranges::count(found.missing, name) == 0) found.missing.push_back(name);
  for (SecretSource* source : sources) TRY(ask(*source, found.missing, found));
  return found;
}

Error missing_secrets(const FoundSecrets& found) {
  const size_t count = found.missing.size();
  std::string what = fmt::format("{} missing: {}",
                                 count == 1 ? "a secret is" : fmt::format("{} secrets are", count),
                                 join(found.missing, ", "));
  std::string hint = fmt::format("add {}=... to {}", found.missing.front(), found.asked.front());
  if (found.asked.size() > 1) hint += "; asked: " + join(found.asked, ", ");
  return {Code::usage, std::move(what), std::move(hint), {}, {}};
}

}  // namespace segue
