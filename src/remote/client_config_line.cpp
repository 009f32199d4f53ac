#include "client_config_line.hpp"

#include "segue/base/text.hpp"

#include <algorithm>

namespace segue {
namespace {

constexpr std::string_view kBlanks = " \t\r";

// Words, some of them in double quotes; a word that begins with # is a comment.
bool split_quoted(std::string_view text, std::vector<std::string>& words) {
  size_t at = 0;
  while (true) {
    at = text.find_first_not_of(kBlanks, at);
    if (at == std::string_view::npos || text[at] == '#') return true;
    std::string word;
    bool quoted = false;
    for (; at < text.size() && (quoted || kBlanks.find(text[at]) == std::string_view::npos); ++at) {
      if (text[at] == '"')
        quoted = !quoted;
      else
        word += text[at];
    }
    if (quoted) return false;
    words.push_back(std::move(word));
  }
}

}  // namespace

std::optional<ClientConfigLine> parse_client_config_line(std::string_view text) {
  // Only at the end of a line a form feed is a blank.
  const size_t last = text.find_last_not_of(" \t\r\n\f");
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  const size_t first = text.find_first_not_of(kBlanks);
  ClientConfigLine line;
  if (first == std::string_view::npos || text[first] == '#') return line;
  const size_t end = std::min(text.find_first_of(" \t\r=", first), text.size());
  line.keyword = lower_case(text.substr(first, end - first));
  std::string_view rest = text.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  if (rest.starts_with('=')) rest.remove_prefix(1);
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  line.rest = rest;
  const bool strange = line.keyword.empty() || rest.starts_with('=') ||
                       rest.find_first_of("\\'\f\v") != std::string_view::npos ||
                       rest.find('\0') != std::string_view::npos;
  const bool is_command = line.keyword.ends_with("command");
  if (is_command && !line.keyword.empty() && !rest.starts_with('=')) return line;
  if (strange || !split_quoted(rest, line.words)) return std::nullopt;
  return line;
}

}  // namespace segue
