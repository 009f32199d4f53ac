// The environment that segue itself was started with: the source that --host-env adds.
//   EnvironmentSource().find("API_KEY")
#pragma once
#include "segue/secrets/secret_source.hpp"

namespace segue {

class EnvironmentSource final : public SecretSource {
 public:
  std::string name() const override { return "the environment"; }
  Result<> expect(const std::vector<std::string>& secrets) override;
  std::optional<Secret> find(const std::string& secret) override;
};

}  // namespace segue
