#include "segue/secrets/dotenv_source.hpp"

namespace segue {

Result<std::optional<Secret>> DotenvSource::find(const std::string& secret) {
  const auto found = values_.find(secret);
  if (found == values_.end()) return std::optional<Secret>();
  return std::optional<Secret>(found->second);
}

}  // namespace segue
