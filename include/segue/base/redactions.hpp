// The values that must not appear in any text of this run. Longest first, so that a secret that
// contains another leaves no remainder. Values under 4 bytes are not searched for: they would
// blot out ordinary text.
#pragma once
#include "segue/base/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace segue {

class Redactions {
 public:
  void add(const Secret& secret);
  std::string apply(std::string text) const;  // each occurrence becomes [secret]
  bool empty() const { return values_.empty(); }

 private:
  std::vector<std::string> values_;
};

}  // namespace segue
