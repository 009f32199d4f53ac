// Secrets whose values are already known: those of a `.env` file that the caller has parsed.
//   ValueSource source(".env", *parse_dotenv(".env", text));
// A file that does not exist is one without values.
#pragma once
#include "segue/secrets/secret_source.hpp"

#include <map>

namespace segue {

class ValueSource final : public SecretSource {
 public:
  ValueSource(std::string name, std::map<std::string, Secret> values)
      : name_(std::move(name)), values_(std::move(values)) {}

  std::string name() const override { return name_; }
  Result<> expect(const std::vector<std::string>& secrets) override;
  std::optional<Secret> find(const std::string& secret) override;

 private:
  std::string name_;
  std::map<std::string, Secret> values_;
};

}  // namespace segue
