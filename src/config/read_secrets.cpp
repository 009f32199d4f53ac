#include "read_secrets.hpp"

#include "command_line.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace segue {
namespace {

// Which options an adapter has; of those in `needs` at least one must be there.
struct AdapterRow {
  std::string_view name;
  std::string_view needs;
  std::string_view others;
};

constexpr std::array<AdapterRow, 11> kAdapters{{
    {"1password", "item", "vault account"},
    {"bitwarden", "item folder", ""},
    {"bitwarden-sm", "", "project"},
    {"aws", "", "secret prefix region profile"},
    {"gcp", "", "project prefix"},
    {"doppler", "", "project config"},
    {"vault", "path", "mount"},
    {"pass", "", "prefix"},
    {"sops", "file", ""},
    {"age", "", "file identity recipients"},
    {"command", "command", ""},
}};

bool names(std::string_view list, std::string_view word) {
  const std::vector<std::string> words = split_words(list);
  return std::ranges::count(words, word) != 0;
}

bool any_knows(std::string_view option) {
  return std::ranges::any_of(kAdapters, [&](const AdapterRow& row) {
    return names(row.needs, option) || names(row.others, option);
  });
}

void check_needs(const AdapterRow& row, const MapReader& section, Problems& problems) {
  const std::vector<std::string> needs = split_words(row.needs);
  const bool any =
      std::ranges::any_of(needs, [&](const std::string& option) { return section.has(option); });
  if (!needs.empty() && !any)
    problems.add(section.at(),
                 fmt::format("the adapter {} needs `{}`", row.name, join(needs, "` or `")));
  if (needs.size() > 1 &&
      std::ranges::all_of(needs, [&](const std::string& option) { return section.has(option); }))
    problems.add(section.at(), fmt::format("the adapter {} takes `{}`, not both", row.name,
                                           join(needs, "` or `")));
}

std::vector<std::string> read_option(const MapReader& section, const std::string& option,
                                     Problems& problems) {
  std::vector<std::string> values;
  const auto texts = section.texts(option);
  for (const MapReader::Text& text : texts) {
    // Such a value would be an option of the adapter's program.
    if (text.text.empty() || (text.text.front() == '-' && values.empty()))
      problems.add(text.at, fmt::format("`secrets.{}` is empty or begins with -", option));
    values.push_back(text.text);
  }
  const bool line = option == "command" && texts.size() == 1 && !texts.front().from_list;
  if (!line) return values;
  const auto words = problems.take(split_command(texts.front().text), texts.front().at);
  return words ? words->argv : values;
}

}  // namespace

SecretsConfig read_secrets(const MapReader& section, Problems& problems) {
  SecretsConfig secrets;
  const auto adapter = section.text("adapter");
  if (!adapter) return secrets;
  const auto row = std::ranges::find(kAdapters, adapter->text, &AdapterRow::name);
  if (row == kAdapters.end()) return secrets;  // check_schema has said so
  secrets.adapter = adapter->text;
  secrets.at = adapter->at;
  check_needs(*row, section, problems);
  if (section.has("secret") && section.has("prefix"))
    problems.add(section.place_of("prefix"), "`secrets.prefix` has no effect beside `secret`",
                 "remove one of them");
  for (const YamlEntry& entry : section.entries()) {
    if (!any_knows(entry.key)) continue;  // `adapter`, or check_schema has said so
    const bool known = names(row->needs, entry.key) || names(row->others, entry.key);
    if (known) {
      secrets.options[entry.key] = read_option(section, entry.key, problems);
      continue;
    }
    const std::string all = join(split_words(fmt::format("{} {}", row->needs, row->others)), ", ");
    problems.add(entry.key_at,
                 fmt::format("the adapter {} has no option `{}`", row->name, visible(entry.key)),
                 all.empty() ? "it has none" : "it knows: " + all);
  }
  return secrets;
}

std::string read_secrets_path(const MapReader& top, Problems& problems) {
  const auto path = top.text("secrets_path");
  if (!path) return {};
  const std::vector<std::string> parts = split(path->text, '/');
  const bool leaves = path->text.empty() || path->text.front() == '/' ||
                      path->text.front() == '~' || std::ranges::count(parts, "..") != 0;
  if (leaves)
    problems.add(path->at, "`secrets_path` must lie in the project's folder",
                 "a path like .secrets or config/.env");
  return path->text;
}

}  // namespace segue
