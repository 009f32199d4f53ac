#include "names.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr size_t kLongestName = 50;   // leaves room for what is put together with it
constexpr size_t kLongestHost = 253;  // RFC 1035
constexpr size_t kLongestLabel = 63;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_letter_or_digit(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c);
}

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::ranges::all_of(text, predicate);
}

bool is_plain(std::string_view name) {  // [a-z0-9]+([_-][a-z0-9]+)*
  bool after_word = false;
  for (const char c : name) {
    const bool word = is_lower(c) || is_digit(c);
    if (!word && (!after_word || (c != '-' && c != '_'))) return false;
    after_word = word;
  }
  return after_word;
}

auto malformed(std::string_view kind, std::string_view name, std::string hint) {
  return fail(Code::usage,
              fmt::format("\"{}\" is not a valid {}", visible(std::string(name)), kind),
              std::move(hint));
}

bool is_domain_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' &&
         all(label, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

}  // namespace

Result<> check_plain_name(std::string_view kind, std::string_view name) {
  if (name.size() > kLongestName)
    return malformed(fmt::format("{} name", kind), name,
                     fmt::format("at most {} characters", kLongestName));
  if (!is_plain(name))
    return malformed(fmt::format("{} name", kind), name,
                     "lower-case letters and digits, with single - or _ between them");
  return {};
}

Result<> check_server_name(std::string_view name) {
  const auto follows = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; };
  if (name.empty() || name.size() > kLongestLabel || !is_letter_or_digit(name.front()) ||
      !all(name, follows))
    return malformed("server name", name,
                     "letters, digits, - and _, beginning with a letter or digit");
  return {};
}

Result<> check_host_address(std::string_view address) {
  const auto allowed = [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '%';
  };
  const size_t at = address.find('@');
  if (at != std::string_view::npos)
    return malformed("host address", address, "the login name goes into `user`");
  const size_t colon = address.find(':');
  if (colon != std::string_view::npos && colon == address.rfind(':'))
    return malformed("host address", address, "the port goes into `port`");
  if (address.empty() || address.size() > kLongestHost || address.front() == '-' ||
      !all(address, allowed))
    return malformed("host address", address,
                     "a host name, an IP address or a name from ~/.ssh/config");
  return {};
}

Result<> check_login_name(std::string_view name) {
  const auto allowed = [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == '@' || c == '\\' ||
           c == '+' || c == '$';
  };
  if (name.empty() || name.front() == '-' || !all(name, allowed))
    return malformed("login name", name, "letters, digits, . - _ and @, not beginning with -");
  return {};
}

Result<> check_domain(std::string_view domain) {
  std::vector<std::string> labels = split(domain, '.');
  if (domain.size() > kLongestHost || !std::ranges::all_of(labels, is_domain_label)) {
    std::string hint = "letters, digits and - between dots, such as shop.example.com";
    if (contains(domain, "/")) hint = "a host name only: no scheme, no path (see `path_prefix`)";
    return malformed("host name", domain, std::move(hint));
  }
  return {};
}

Result<> check_variable_name(std::string_view name) {
  const auto follows = [](char c) { return is_letter_or_digit(c) || c == '_'; };
  if (name.empty() || is_digit(name.front()) || !all(name, follows))
    return fail(Code::usage, "this is not a name of a secret",  // never shown: it may be the value
                "letters, digits and _, not beginning with a digit; only the name, no value");
  return {};
}

Result<> check_url_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return malformed("path", path, "it begins with /");
  const auto printable = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; };
  if (!all(path, printable)) return malformed("path", path, "no blanks or control characters");
  return {};
}

bool is_capital_name(std::string_view name) {
  return check_variable_name(name).has_value() &&
         std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace segue
