#include "segue/script/quote.hpp"

#include "segue/base/check.hpp"
#include "segue/base/text.hpp"

namespace segue {
namespace {
constexpr std::string_view kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+";
}

std::string quote(std::string_view value) {
  CHECK(value.find('\0') == std::string_view::npos, "no shell word can hold a NUL");
  // A word that begins with = or ~ or ends an assignment is safe quoted; plain words stay readable.
  const bool plain = !value.empty() && value.find_first_not_of(kPlain) == std::string_view::npos &&
                     value.front() != '=';
  if (plain) return std::string(value);
  return "'" + replace_all(std::string(value), "'", "'\\''") + "'";
}

std::string quote_all(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    if (!text.empty()) text += ' ';
    text += quote(value);
  }
  return text;
}

}  // namespace segue
