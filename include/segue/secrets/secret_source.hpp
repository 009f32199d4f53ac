// Where the values of secrets come from: a `.env` file, an adapter, the caller's environment.
//   TRY(source.expect({"DATABASE_PASSWORD"}));
//   TRY_ASSIGN(std::optional<Secret> value, source.find("DATABASE_PASSWORD"));
// Asked by find_secrets, one source after the other. Errors name the secret, never its value.
#pragma once
#include "segue/base/result.hpp"
#include "segue/base/secret.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

class SecretSource {
 public:
  SecretSource() = default;
  SecretSource(const SecretSource&) = delete;
  SecretSource& operator=(const SecretSource&) = delete;
  virtual ~SecretSource() = default;

  virtual std::string name() const = 0;  // for messages: ".env"
  // All that will be asked for, told before the first find: what needs a program runs it here,
  // once.
  virtual Result<> expect(const std::vector<std::string>& secrets) = 0;
  // The value, or nothing when the source does not have it.
  virtual std::optional<Secret> find(const std::string& secret) = 0;
};

}  // namespace segue
