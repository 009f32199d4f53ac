#include "image_reference.hpp"

#include "names.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr size_t kLongestTag = 128;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_tag_character(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
}

// [a-z0-9]+ joined by ".", "_", "__" or any number of "-"
bool is_path_component(std::string_view text) {
  if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back()))
    return false;
  for (size_t at = 0; at < text.size(); ++at) {
    const size_t start = at;
    while (!is_lower_or_digit(text[at])) ++at;
    const std::string_view joint = text.substr(start, at - start);
    const bool dashes = std::ranges::all_of(joint, [](char c) { return c == '-'; });
    if (!dashes && joint != "." && joint != "_" && joint != "__") return false;
  }
  return true;
}

bool is_registry(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (colon != std::string_view::npos && (port.empty() || !std::ranges::all_of(port, is_digit)))
    return false;
  return check_domain(lower_case(text.substr(0, colon))).has_value();
}

bool is_name(std::string_view text) {
  std::vector<std::string> parts = split(text, '/');
  const std::string& first = parts.front();
  if (parts.size() > 1 && (first.find_first_of(".:") != std::string::npos || first == "localhost" ||
                           lower_case(first) != first)) {
    if (!is_registry(first)) return false;
    parts.erase(parts.begin());
  }
  return std::ranges::all_of(parts, is_path_component);
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kLongestTag && tag.front() != '.' && tag.front() != '-' &&
         std::ranges::all_of(tag, is_tag_character);
}

bool is_digest(std::string_view digest) {
  constexpr std::string_view kKind = "sha256:";
  constexpr size_t kDigits = 64;
  return digest.rfind(kKind, 0) == 0 && digest.size() == kKind.size() + kDigits &&
         digest.find_first_not_of("0123456789abcdef", kKind.size()) == std::string_view::npos;
}

auto malformed(std::string_view text, std::string hint) {
  return fail(Code::usage,
              fmt::format("\"{}\" is not an image reference", visible(std::string(text))),
              std::move(hint));
}

}  // namespace

Result<ImageReference> parse_image_reference(std::string_view text) {
  std::string_view name = text;
  const size_t at = name.find('@');
  if (at != std::string_view::npos) {
    if (!is_digest(name.substr(at + 1)))
      return malformed(text, "what follows @ is sha256: and 64 hexadecimal digits");
    name = name.substr(0, at);
  }
  const size_t colon = name.rfind(':');
  const bool tagged = colon != std::string_view::npos && !contains(name.substr(colon), "/");
  if (tagged) {
    if (!is_tag(name.substr(colon + 1)))
      return malformed(text, fmt::format("\"{}\" cannot be a tag",
                                         visible(std::string(name.substr(colon + 1)))));
    name = name.substr(0, colon);
  }
  if (!is_name(name)) return malformed(text, "write it like registry.example.com/shop/web:1.2.3");
  const bool untagged = !tagged && at == std::string_view::npos;
  return ImageReference{untagged ? fmt::format("{}:latest", text) : std::string(text), untagged};
}

}  // namespace segue
