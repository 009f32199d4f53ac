// A value that must never be seen: it has no formatter, no stream operator and no comparison that
// tells where two differ. Only reveal() hands it out; grep for that word to audit every use.
#pragma once
#include <fmt/core.h>

#include <string>
#include <utility>

namespace segue {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace segue

template <class Char>
struct fmt::formatter<segue::Secret, Char> {
  formatter() = delete;
};
