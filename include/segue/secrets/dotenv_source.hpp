// The secrets of a `.env` file, whose text the caller has read.
#pragma once
#include "segue/secrets/dotenv.hpp"
#include "segue/secrets/secret_source.hpp"

#include <string_view>

namespace segue {

class DotenvSource final : public SecretSource {
 public:
  static Result<DotenvSource> from_text(std::string file, std::string_view text);
  DotenvSource(DotenvSource&& other) noexcept
      : file_(std::move(other.file_)), values_(std::move(other.values_)) {}

  std::string name() const override { return file_; }
  Result<std::optional<Secret>> find(const std::string& secret) override;

 private:
  DotenvSource(std::string file, std::map<std::string, Secret> values)
      : file_(std::move(file)), values_(std::move(values)) {}

  std::string file_;
  std::map<std::string, Secret> values_;
};

}  // namespace segue
