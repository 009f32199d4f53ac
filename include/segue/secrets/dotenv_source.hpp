// The secrets of a `.env` file, whose text the caller has read and parsed.
//   DotenvSource source(".env", *parse_dotenv(".env", text));
// A file that does not exist is one without values.
#pragma once
#include "segue/secrets/dotenv.hpp"
#include "segue/secrets/secret_source.hpp"

#include <string_view>

namespace segue {

class DotenvSource final : public SecretSource {
 public:
  // `values` as parse_dotenv returns them.
  DotenvSource(std::string file, std::map<std::string, Secret> values)
      : file_(std::move(file)), values_(std::move(values)) {}

  std::string name() const override { return file_; }
  Result<std::optional<Secret>> find(const std::string& secret) override;

 private:
  std::string file_;
  std::map<std::string, Secret> values_;
};

}  // namespace segue
