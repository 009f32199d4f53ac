#include "segue/secrets/environment_source.hpp"

#include "segue/os/environment.hpp"

namespace segue {

Result<> EnvironmentSource::expect(const std::vector<std::string>& /*secrets*/) {
  return {};
}

std::optional<Secret> EnvironmentSource::find(const std::string& secret) {
  auto value = environment_variable(secret);
  if (!value) return std::nullopt;
  return Secret(std::move(*value));
}

}  // namespace segue
