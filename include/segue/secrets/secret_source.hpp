// Where the values of secrets come from. `.env` is one such source; password stores are others.
//   TRY_ASSIGN(std::optional<Secret> value, source.find("DATABASE_PASSWORD"));
// Asked by resolve_secrets, one name after the other. Errors name the secret, never its value.
#pragma once
#include "segue/base/result.hpp"
#include "segue/base/secret.hpp"

#include <map>
#include <optional>
#include <string>

namespace segue {

class SecretSource {
 public:
  SecretSource() = default;
  SecretSource(const SecretSource&) = delete;
  SecretSource& operator=(const SecretSource&) = delete;
  virtual ~SecretSource() = default;

  virtual std::string name() const = 0;  // for messages: ".env"
  // The value, nothing when the source does not have it, or why it could not be asked.
  virtual Result<std::optional<Secret>> find(const std::string& secret) = 0;
};

}  // namespace segue
