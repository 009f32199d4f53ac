#include "segue/host/lock.hpp"

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

LockHolder hard_holder() {
  LockHolder holder;
  holder.id = "a1b2";
  holder.kind = "manual";
  holder.who = "ada@laptop";
  holder.message = "it's \"@BOOT@\" and @UPTIME@, $HOME `id`\\ \n second line \xff";
  holder.since = "2026-11-20T10:00:00Z";
  holder.release = "3-v1-aaaa";
  holder.ttl = 6000;
  holder.owner_machine = "m";
  holder.owner_boot_id = "b";
  holder.owner_pid_namespace = "pid:[4026531836]";
  holder.owner_pid = 4711;
  holder.owner_start_time = "123456";
  holder.took_over = "held by Bob";
  holder.under = "{\"boot_id\":\"@BOOT@\"}";
  return holder;
}

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "segue-lock-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path path;
};

std::string rendered(std::vector<Section> sections) {
  Script script;
  script.sections = std::move(sections);
  static const Secret none;
  return script.render(kNonce, [](const std::string&) -> const Secret& { return none; });
}

// What the script told of the lock: "taken 3", "held".
std::string lock_told(const std::string& output) {
  ScriptReader reader(kNonce);
  reader.feed(output);
  std::string told;
  for (const ScriptEvent& event : reader.take_events())
    if (event.kind == ScriptEvent::Kind::told && event.key == "lock") told = event.value;
  INFO(output);
  REQUIRE(reader.trailer() == 0);
  return told;
}

}  // namespace

TEST_CASE("A holder's file is read back as it was written, whatever its message looks like") {
  const Folder folder;
  const Layout layout{folder.path.string(), Identity{"shop", "production"}};
  const LockHolder holder = hard_holder();
  int generation = 0;
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const std::string told =
        lock_told(shell_output(shell, rendered({take_lock(layout, generation, holder)})));
    ++generation;
    REQUIRE(told == "taken " + std::to_string(generation));
    std::ifstream file(layout.lock_folder() + "/" + std::to_string(generation));
    std::string line;
    REQUIRE(std::getline(file, line));
    const auto parsed = parse_holder(line);
    REQUIRE(parsed.has_value());
    CHECK(parsed->message ==
          "it's \"@BOOT@\" and @UPTIME@, $HOME `id`\\ \n second line \xef\xbf\xbd");
    CHECK(parsed->id == holder.id);
    CHECK(parsed->ttl == 6000);
    CHECK(parsed->under == holder.under);
    CHECK(parsed->took_over == "held by Bob");
    CHECK(parsed->uptime > 0);
    CHECK(parsed->owner_pid == 4711);
    std::string boot;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
    CHECK(parsed->boot_id == boot);
    CHECK(fs::file_size(layout.journal()) > 0);
  }
}

TEST_CASE("A holder's file that can't be read is an error, not a crash") {
  for (const char* text : {"", "{}", "null", R"({"id":1})", "{\"id\":\"a\""})
    CHECK_FALSE(parse_holder(text).has_value());
}

TEST_CASE("Of twenty who try at once exactly one gets the lock, time after time") {
  const Folder folder;
  const Layout layout{folder.path.string(), Identity{"shop", ""}};
  const std::string script = (folder.path / "take").string();
  for (int round = 0; round < 12; ++round) {
    std::ofstream(script) << rendered({take_lock(layout, round, hard_holder())});
    const std::string shell = shells_here()[static_cast<size_t>(round) % shells_here().size()];
    shell_output(
        "sh -c 'for i in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20; do " + shell +
            " <" + script + " >" + folder.path.string() + "/told.$i & done; wait'",
        "");
    int taken = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder.path)) {
      if (!entry.path().filename().string().starts_with("told.")) continue;
      std::ifstream file(entry.path());
      const std::string told = lock_told({std::istreambuf_iterator<char>(file), {}});
      if (told == "taken " + std::to_string(round + 1)) {
        ++taken;
      } else {
        CHECK(told == "held");
      }
    }
    INFO("round " << round << ", " << shell);
    CHECK(taken == 1);
  }
}

TEST_CASE("Whoever was slow does not get a number that others have left behind") {
  const Folder folder;
  const Layout layout{folder.path.string(), Identity{"shop", ""}};
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    fs::remove_all(layout.lock_folder());
    fs::create_directories(layout.lock_folder());
    // Between the look and the `ln`, others take and release 1, then take 2, which removes 1.
    const Section others{"others", ShellText("ln() {\n  : >'" + layout.lock_folder() +
                                             "/2'\n  command ln \"$@\"\n}\n")};
    const std::string told =
        lock_told(shell_output(shell, rendered({others, take_lock(layout, 0, hard_holder())})));
    CHECK(told == "held");
    CHECK(fs::exists(layout.lock_folder() + "/2"));
    CHECK_FALSE(fs::exists(layout.lock_folder() + "/1"));
  }
}

TEST_CASE("Releasing is harmless when the lock is not ours any more, and done once") {
  const Folder folder;
  const Layout layout{folder.path.string(), Identity{"shop", ""}};
  fs::create_directories(layout.lock_folder());
  std::ofstream(layout.lock_folder() + "/2") << "{}\n";
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    lock_told(shell_output(shell, rendered({release_lock(layout, 1)})));
    CHECK_FALSE(fs::exists(layout.lock_folder() + "/1.released"));
    lock_told(shell_output(shell, rendered({release_lock(layout, 2)})));
    lock_told(shell_output(shell, rendered({release_lock(layout, 2)})));
    CHECK(fs::exists(layout.lock_folder() + "/2.released"));
  }
}

TEST_CASE("A manual lock is put back when the deploy under it ends, and nobody finds it free") {
  const Folder folder;
  const Layout layout{folder.path.string(), Identity{"shop", ""}};
  fs::create_directories(layout.lock_folder());
  const std::string manual = R"({"message":"it's $HOME \\n \"quoted\""})";
  const auto text_of = [&](const std::string& name) {
    std::ifstream file(layout.lock_folder() + "/" + name);
    std::string line;
    std::getline(file, line);
    return line;
  };
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    fs::remove_all(layout.lock_folder());
    fs::create_directories(layout.lock_folder());
    std::ofstream(layout.lock_folder() + "/5") << "{}\n";
    lock_told(shell_output(shell, rendered({release_lock(layout, 5, manual)})));
    CHECK(text_of("6") == manual);
    CHECK_FALSE(fs::exists(layout.lock_folder() + "/5.released"));
    // Once more, and when somebody has taken it over in between: nothing is changed.
    std::ofstream(layout.lock_folder() + "/6") << "other\n";
    lock_told(shell_output(shell, rendered({release_lock(layout, 5, manual)})));
    lock_told(shell_output(shell, rendered({release_lock(layout, 4, manual)})));
    CHECK(text_of("6") == "other");
    CHECK(std::distance(fs::directory_iterator(layout.lock_folder()), {}) == 2);
  }
}

TEST_CASE("A script renews the lease of its holder, and no other's") {
  const Folder folder;
  const Layout layout{folder.path.string(), Identity{"shop", ""}};
  fs::create_directories(layout.lock_folder());
  std::ofstream(layout.lock_folder() + "/3") << "{}\n";
  static const Secret none;
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    for (const int generation : {2, 3, 4}) {
      Script script;
      script.fence = Fence{layout.lock_folder(), generation};
      script.sections = {{"look", ShellText("segue_beat")}};
      shell_output(shell, script.render(kNonce, [](const auto&) -> const Secret& { return none; }));
    }
    std::ifstream file(layout.lock_folder() + "/3.renewed");
    long long uptime = 0;
    CHECK(file >> uptime);
    CHECK(uptime > 0);
    CHECK_FALSE(fs::exists(layout.lock_folder() + "/2.renewed"));
    CHECK_FALSE(fs::exists(layout.lock_folder() + "/4.renewed"));
    fs::remove(layout.lock_folder() + "/3.renewed");
  }
}

TEST_CASE("A lock is released at once by whoever knows its id") {
  const Folder folder;
  const Layout layout{folder.path.string(), Identity{"shop", ""}};
  LockHolder holder = hard_holder();
  holder.message = R"(","id":"ffff","x":")";
  int generation = 0;
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    lock_told(shell_output(shell, rendered({take_lock(layout, generation++, holder)})));
    const auto release = [&](const std::vector<std::string>& ids) {
      Section section{"release", {}};
      section.body.raw("segue_root='" + layout.root + "'\n");
      section.body.raw(release_own_text(layout.identity, ids));
      return lock_told(shell_output(shell, rendered({section})));
    };
    CHECK(release({"ffff", "a1b", "*"}) == "");
    CHECK(release({"0000", "a1b2"}) == "released");
    CHECK(release({"a1b2"}) == "");
  }
}

TEST_CASE("Who was gone before he got the lock does not keep it, whichever script is first") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    const Folder folder;
    const Layout layout{folder.path.string(), Identity{"shop", ""}};
    const auto disown = [&](const std::string& id) {
      Section section{"disown", {}};
      section.body.raw("segue_root='" + layout.root + "'\n");
      section.body.raw(disown_lock_text(layout.identity, id));
      return lock_told(shell_output(shell, rendered({section})));
    };
    const auto take = [&](int generation, const std::string& id) {
      LockHolder holder = hard_holder();
      holder.id = id;
      return lock_told(shell_output(shell, rendered({take_lock(layout, generation, holder)})));
    };
    const auto void_of = [&](const std::string& id) {
      return layout.lock_folder() + "/.void." + id;
    };
    CHECK(disown("a1") == "");  // no script of his was there yet
    CHECK(take(0, "a1") == "held");
    CHECK(fs::exists(layout.lock_folder() + "/1.released"));
    CHECK(take(1, "b2") == "taken 2");
    CHECK_FALSE(fs::exists(void_of("a1")));
    CHECK(disown("c3") == "");  // somebody else's is not touched
    CHECK_FALSE(fs::exists(layout.lock_folder() + "/2.released"));
    CHECK(disown("b2") == "released");  // it was already his
    CHECK(fs::exists(layout.lock_folder() + "/2.released"));
    CHECK(take(2, "d4") == "taken 3");
  }
}
