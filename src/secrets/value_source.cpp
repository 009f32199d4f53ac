#include "segue/secrets/value_source.hpp"

namespace segue {

Result<> ValueSource::expect(const std::vector<std::string>& /*secrets*/) {
  return {};
}

std::optional<Secret> ValueSource::find(const std::string& secret) {
  const auto found = values_.find(secret);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

}  // namespace segue
