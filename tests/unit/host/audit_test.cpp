#include "segue/host/audit.hpp"

#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/base/text.hpp"
#include "segue/script/script.hpp"
#include "segue/script/script_reader.hpp"

#include <filesystem>
#include <fstream>

using namespace segue;
namespace fs = std::filesystem;

namespace {

constexpr const char* kNonce = "0123456789abcdef0123456789abcdef";

struct Folder {
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "segue-audit-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
    fs::create_directories(layout().project_folder());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Layout layout() const { return {path, Identity{"shop", ""}}; }
  fs::path file() const { return layout().project_folder() + "/audit"; }
  std::string path;
};

std::string run(const std::string& shell, const Section& section) {
  Script script;
  script.sections = {section};
  static const Secret none;
  const std::string text =
      script.render(kNonce, [](const std::string&) -> const Secret& { return none; });
  ScriptReader reader(kNonce);
  const std::string output = shell_output(shell, text);
  reader.feed(output);
  INFO(output);
  REQUIRE(reader.trailer() == 0);
  return output;
}

AuditEntry entry_with(const std::string& message) {
  AuditEntry entry;
  entry.id = "a1b2";
  entry.at = "2026-11-21T04:17:30Z";
  entry.action = "deploy";
  entry.status = "succeeded";
  entry.who = "ana@laptop";
  entry.message = message;
  entry.duration_ms = 3'210;
  return entry;
}

std::vector<AuditEntry> entries_in(const std::string& text) {
  std::vector<AuditEntry> entries;
  for (const std::string& line : split_lines(text))
    if (auto entry = parse_audit(line)) entries.push_back(*entry);
  return entries;
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("What was done is read back as it was written, under every shell") {
  const std::string hard = "it's \"x\" $HOME `id` \\ %s \n second line";
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const Folder folder;
    run(shell, append_audit(folder.layout(), entry_with("first")));
    run(shell, append_audit(folder.layout(), entry_with(hard)));
    const auto entries = entries_in(run(shell, print_audit(folder.layout(), 0)));
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].message == "first");
    CHECK(entries[1].message == hard);
    CHECK(entries[1].duration_ms == 3'210);
    CHECK(entries[1].who == "ana@laptop");
  }
}

TEST_CASE("A memory that is as long as it was is not told again") {
  const Folder folder;
  run("/bin/sh", append_audit(folder.layout(), entry_with("first")));
  const auto size = static_cast<long long>(fs::file_size(folder.file()));
  CHECK(entries_in(run("/bin/sh", print_audit(folder.layout(), size))).empty());
  run("/bin/sh", append_audit(folder.layout(), entry_with("second")));
  CHECK(entries_in(run("/bin/sh", print_audit(folder.layout(), size))).size() == 2);
}

TEST_CASE("A full audit makes room, and what was written last before is kept") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const Folder folder;
    std::ofstream(folder.file()) << std::string(300'000, 'x') << "\n"
                                 << audit_json(entry_with("the last of the old")) << "\n";
    run(shell, append_audit(folder.layout(), entry_with("the first of the new")));
    CHECK(fs::file_size(folder.file()) < 1'000);
    CHECK(fs::file_size(folder.file().string() + ".1") > 300'000);
    const auto entries = entries_in(run(shell, print_audit(folder.layout(), 0)));
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].message == "the last of the old");
    CHECK(entries[1].message == "the first of the new");
  }
}

TEST_CASE("A line that was cut short does not swallow the next one") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const Folder folder;
    std::ofstream(folder.file()) << audit_json(entry_with("whole")) << "\n{\"id\":\"b";
    run(shell, append_audit(folder.layout(), entry_with("next")));
    const auto entries = entries_in(content_of(folder.file()));
    REQUIRE(entries.size() == 2);
    CHECK(entries[1].message == "next");
  }
}

TEST_CASE("What can't be written down ends no command") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const Folder folder;
    fs::create_directories(folder.file());  // nothing can be appended to that, not even by root
    run(shell, append_audit(folder.layout(), entry_with("lost")));
    const Folder gone;
    fs::remove_all(gone.path);
    run(shell, append_audit(gone.layout(), entry_with("lost")));
    CHECK(entries_in(run(shell, print_audit(gone.layout(), -1))).empty());
  }
}

TEST_CASE("A line that can't be read is an error, not a crash") {
  for (const char* text : {"", "{}", "null", R"({"id":1})", "{\"id\":\"a\""})
    CHECK_FALSE(parse_audit(text).has_value());
}
