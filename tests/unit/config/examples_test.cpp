// Every examples/*/deploy.yml loads, every yaml snippet of the documentation is a part of one of
// them, and the one that claims to show all keys does. New examples are found by themselves.
#include "support/catch.hpp"
#include "support/places.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/config/schema_reference.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

using namespace segue;

namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Folder -> text of its deploy.yml.
std::map<std::string, std::string> examples() {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::directory_iterator(in_source("examples")))
    if (fs::exists(entry.path() / "deploy.yml"))
      found[entry.path().filename().string()] = read_file(entry.path() / "deploy.yml");
  REQUIRE(found.size() >= 8);
  return found;
}

// What a line says: without a comment and what is behind the last word.
Lines meaning(const std::string& text) {
  Lines lines;
  for (std::string line : split_lines(text)) {
    const size_t comment = line.find('#');
    if (comment != std::string::npos && (comment == 0 || line[comment - 1] == ' '))
      line.erase(comment);
    line.erase(line.find_last_not_of(" \t") + 1);
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// A snippet may leave lines out, but says nothing else and nothing in another order.
bool is_part(const Lines& snippet, const Lines& whole) {
  auto at = whole.begin();
  for (const std::string& line : snippet) {
    at = std::find(at, whole.end(), line);
    if (at == whole.end()) return false;
    ++at;
  }
  return true;
}

struct Snippet {
  std::string place;
  Lines lines;
};

std::vector<Snippet> snippets_of(const fs::path& page) {
  std::vector<Snippet> found;
  const Lines lines = split_lines(read_file(page));
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] != "```yaml") continue;
    Snippet snippet{page.filename().string() + ":" + std::to_string(i + 1), {}};
    std::string text;
    while (++i < lines.size() && lines[i] != "```") text += lines[i] + "\n";
    snippet.lines = meaning(text);
    found.push_back(snippet);
  }
  return found;
}

std::vector<Snippet> snippets() {
  std::vector<Snippet> found = snippets_of(in_source("README.md"));
  for (const auto& entry : fs::directory_iterator(in_source("docs")))
    if (entry.path().extension() == ".md")
      for (Snippet& snippet : snippets_of(entry.path())) found.push_back(std::move(snippet));
  REQUIRE(found.size() >= 5);
  return found;
}

}  // namespace

TEST_CASE("every example loads without errors") {
  for (const auto& [folder, text] : examples()) {
    INFO("examples/" << folder);
    const LoadedConfig loaded = load_config({"deploy.yml", text, "", "v1"});
    for (const Error& error : loaded.errors) FAIL_CHECK(show_diagnostic(error, text, "error"));
    for (const Error& note : loaded.notes) FAIL_CHECK(show_diagnostic(note, text, "note"));
    CHECK(loaded.config);
    CHECK(text.starts_with("# "));  // says what it shows
  }
}

TEST_CASE("every snippet of the documentation is a part of an example") {
  std::vector<Lines> wholes;
  for (const auto& [folder, text] : examples()) wholes.push_back(meaning(text));
  for (const Snippet& snippet : snippets()) {
    INFO(snippet.place << " is in no examples/*/deploy.yml");
    CHECK_FALSE(snippet.lines.empty());
    CHECK(std::ranges::any_of(wholes,
                              [&](const Lines& whole) { return is_part(snippet.lines, whole); }));
  }
}

TEST_CASE("the example of all keys has every key that works") {
  const std::string text = examples().at("all-keys");
  // One file names one adapter, and extends another file or none.
  const std::string secrets = read_file(in_source("docs/secrets.md"));
  const std::string page = schema_reference_markdown();
  const size_t begin = page.find("## Keys that work");
  const size_t end = page.find("\n## ", begin + 1);
  size_t keys = 0;
  for (const std::string& line : split_lines(page.substr(begin, end - begin))) {
    if (!line.starts_with("| `") || line.starts_with("| `host` or")) continue;
    if (line.starts_with("| `extends`")) continue;
    if (line.starts_with("| `ssh.proxy_command`")) continue;  // `ssh.proxy` stands in its place
    const std::string path = line.substr(3, line.find('`', 3) - 3);
    const std::string name = path.substr(path.rfind('.') + 1);
    INFO(path << " is not in examples/all-keys/deploy.yml: add it there");
    if (path.starts_with("secrets.") && contains(secrets, name)) continue;
    CHECK((contains(text, " " + name + ":") || contains(text, "{" + name + ":") ||
           contains(text, "\n" + name + ":")));
    ++keys;
  }
  CHECK(keys > 60);
}
