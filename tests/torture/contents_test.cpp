// The taking in of an archive, in real shells: all of it or nothing, wherever it is cut, and only
// the rest of it after that.
#include "segue/host/contents.hpp"

#include "support/catch.hpp"
#include "torture_host.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/tar.hpp"

#include <filesystem>
#include <fstream>

using namespace segue;
using namespace torture;
namespace fs = std::filesystem;

namespace {

std::string archive() {
  const std::string text(100'000, 'x');
  return tar_header({"content", 0755, 0, true}) +
         tar_header({"content/it's a file", 0640, text.size(), false}) + text +
         tar_padding(text.size()) + tar_end();
}

struct Upload {
  Upload() {
    goes_on_from(0);
    script.reads_data = true;
  }
  void goes_on_from(size_t from) {
    script.sections = {
        receive_content(layout, {sha256_hex(data), "it's a folder", data.size(), from})};
    sent = data.substr(from);
  }
  ShellRun arrives(Shell shell, size_t bytes) const {
    const std::string text = host.render(script);
    shell.argv.insert(
        shell.argv.end(),
        {"-c", "eval \"$(dd bs=1 count=" + std::to_string(text.size()) + " 2>/dev/null)\""});
    RunOptions options;
    options.shell = shell;
    options.cut = bytes;
    return host.run_text(text + sent, options);
  }
  size_t script_size() const { return host.render(script).size(); }
  size_t files() const {
    const fs::path folder = layout.files_folder();
    return !fs::exists(folder) ? 0
                               : static_cast<size_t>(std::distance(fs::directory_iterator(folder),
                                                                   fs::directory_iterator()));
  }

  fs::path part() const { return fs::directory_iterator(layout.files_folder())->path(); }

  TortureHost host;
  Layout layout{host.root(), {"shop", ""}};
  std::string data = archive();
  std::string sent;
  Script script;
};

}  // namespace

TEST_CASE("An archive that arrives whole is there with its modes, and is taken in once") {
  for (const Shell& shell : shells()) {
    INFO(shell.name);
    const Upload upload;
    for (int times = 0; times < 2; ++times) {
      const ShellRun run = upload.arrives(shell, upload.script_size() + upload.data.size());
      INFO(run.text);
      REQUIRE(run.reader.trailer() == 0);
      const fs::path file = upload.layout.content(sha256_hex(upload.data)) + "/content/it's a file";
      REQUIRE(fs::file_size(file) == 100'000);
      REQUIRE((fs::status(file).permissions() & fs::perms::mask) ==
              (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
      REQUIRE(upload.files() == 1);
    }
  }
}

TEST_CASE("An archive that is cut anywhere is not there, and what came of it is aside") {
  for (const Shell& shell : shells()) {
    const Upload upload;
    const size_t size = upload.script_size();
    for (const size_t cut : {size_t{1}, size / 2, size - 1, size, size + 1, size + 512,
                             size + 65'536, size + upload.data.size() - 1}) {
      INFO(shell.name << " cut at " << cut);
      const ShellRun run = upload.arrives(shell, cut);
      INFO(run.text);
      REQUIRE(run.reader.trailer() != 0);
      REQUIRE_FALSE(fs::exists(upload.layout.content(sha256_hex(upload.data))));
      // A script that lacks its last newline runs all the same.
      const bool ran = run.told("problem") == "content it's a folder";
      REQUIRE(upload.files() == (ran ? 1 : 0));
      if (cut < size) continue;
      REQUIRE(ran);
      REQUIRE(fs::file_size(upload.part() / "archive") == cut - size);
    }
  }
}

TEST_CASE("An archive goes on from where it was cut, and is whole then") {
  for (const Shell& shell : shells()) {
    for (const size_t came : {1'000U, 65'536U, 101'000U}) {
      INFO(shell.name << " cut at " << came);
      Upload upload;
      REQUIRE(upload.arrives(shell, upload.script_size() + came).reader.trailer() != 0);
      upload.goes_on_from(came - 100);  // the host has told less than what came in the end
      const ShellRun run = upload.arrives(shell, upload.script_size() + upload.sent.size());
      INFO(run.text);
      REQUIRE(run.reader.trailer() == 0);
      REQUIRE(fs::file_size(upload.layout.content(sha256_hex(upload.data)) +
                            "/content/it's a file") == 100'000);
      REQUIRE(upload.files() == 1);
    }
  }
}

TEST_CASE(
    "A part that is not what was sent, or is gone, is found out, and the next time begins anew") {
  for (const Shell& shell : shells()) {
    INFO(shell.name);
    Upload upload;
    REQUIRE(upload.arrives(shell, upload.script_size() + 50'000).reader.trailer() != 0);
    std::fstream(upload.part() / "archive", std::ios::in | std::ios::out).seekp(10'000).put('!');
    upload.goes_on_from(50'000);
    const ShellRun run = upload.arrives(shell, upload.script_size() + upload.sent.size());
    INFO(run.text);
    REQUIRE(run.told("problem") == "content it's a folder");
    REQUIRE(upload.files() == 0);
    REQUIRE(upload.arrives(shell, upload.script_size() + upload.sent.size()).told("problem") ==
            "content it's a folder");
    REQUIRE(upload.files() == 0);
    upload.goes_on_from(0);
    REQUIRE(upload.arrives(shell, upload.script_size() + upload.data.size()).reader.trailer() == 0);
    REQUIRE(upload.files() == 1);
  }
}
