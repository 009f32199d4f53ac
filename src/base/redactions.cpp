#include "segue/base/redactions.hpp"

#include "segue/base/text.hpp"

#include <algorithm>

namespace segue {
namespace {
constexpr size_t kShortest = 4;
}

void Redactions::add(const Secret& secret) {
  // A multi-line value is met line by line in logs.
  std::vector<std::string> parts = split_lines(secret.reveal());
  parts.push_back(secret.reveal());
  for (std::string& part : parts) {
    if (part.size() < kShortest || std::find(values_.begin(), values_.end(), part) != values_.end())
      continue;
    values_.push_back(std::move(part));
  }
  std::stable_sort(values_.begin(), values_.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Redactions::apply(std::string text) const {
  for (const std::string& value : values_) text = replace_all(std::move(text), value, "[secret]");
  return text;
}

}  // namespace segue
