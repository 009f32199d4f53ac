#include "segue/secrets/resolve.hpp"

#include "segue/base/text.hpp"
#include "segue/secrets/dotenv_source.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

// A variable of a process holds no more (rules A7).
constexpr size_t kMostBytes = size_t{128} * 1024;

}  // namespace

Result<std::map<std::string, Secret>> resolve_secrets(const std::vector<std::string>& names,
                                                      SecretSource& source) {
  std::map<std::string, Secret> values;
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    TRY_ASSIGN(std::optional<Secret> value, source.find(name));
    if (value && value->reveal().size() + name.size() >= kMostBytes)
      return fail(Code::usage, fmt::format("the secret {} is longer than 128 KiB", name),
                  "mount it as a file instead");
    if (value)
      values.insert_or_assign(name, std::move(*value));
    else if (std::ranges::count(missing, name) == 0)
      missing.push_back(name);
  }
  if (missing.empty()) return values;
  return fail(Code::usage,
              fmt::format("{} missing: {}",
                          missing.size() == 1 ? "a secret is"
                                              : fmt::format("{} secrets are", missing.size()),
                          join(missing, ", ")),
              fmt::format("add {}=... to {}", missing.front(), source.name()));
}

Result<std::map<std::string, Secret>> resolve_secrets(const std::vector<std::string>& names,
                                                      const std::string& file,
                                                      std::string_view text) {
  TRY_ASSIGN(auto parsed, parse_dotenv(file, text));
  DotenvSource source(file, std::move(parsed));
  return resolve_secrets(names, source);
}

}  // namespace segue
