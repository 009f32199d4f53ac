#include "segue/secrets/dotenv_source.hpp"

namespace segue {

Result<DotenvSource> DotenvSource::from_text(std::string file, std::string_view text) {
  TRY_ASSIGN(auto values, parse_dotenv(file, text));
  return DotenvSource(std::move(file), std::move(values));
}

Result<std::optional<Secret>> DotenvSource::find(const std::string& secret) {
  const auto found = values_.find(secret);
  if (found == values_.end()) return std::optional<Secret>();
  return std::optional<Secret>(found->second);
}

}  // namespace segue
