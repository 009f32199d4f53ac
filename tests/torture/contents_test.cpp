// The taking in of an archive, in real shells: all of it or nothing, wherever it is cut.
#include "segue/host/contents.hpp"

#include "support/catch.hpp"
#include "torture_host.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/tar.hpp"

#include <filesystem>

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
    script.sections = {receive_content(layout, sha256_hex(data), "it's a folder")};
    script.reads_data = true;
  }
  ShellRun arrives(Shell shell, size_t bytes) const {
    const std::string text = host.render(script);
    shell.argv.insert(
        shell.argv.end(),
        {"-c", "eval \"$(dd bs=1 count=" + std::to_string(text.size()) + " 2>/dev/null)\""});
    RunOptions options;
    options.shell = shell;
    options.cut = bytes;
    return host.run_text(text + data, options);
  }
  size_t script_size() const { return host.render(script).size(); }
  size_t files() const {
    const fs::path folder = layout.files_folder();
    return !fs::exists(folder) ? 0
                               : static_cast<size_t>(std::distance(fs::directory_iterator(folder),
                                                                   fs::directory_iterator()));
  }

  TortureHost host;
  Layout layout{host.root(), {"shop", ""}};
  std::string data = archive();
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

TEST_CASE("An archive that is cut anywhere leaves nothing, and so does its script") {
  for (const Shell& shell : shells()) {
    const Upload upload;
    const size_t size = upload.script_size();
    for (const size_t cut : {size_t{1}, size / 2, size - 1, size, size + 1, size + 512,
                             size + 65'536, size + upload.data.size() - 1}) {
      INFO(shell.name << " cut at " << cut);
      const ShellRun run = upload.arrives(shell, cut);
      INFO(run.text);
      REQUIRE(run.reader.trailer() != 0);
      REQUIRE(upload.files() == 0);
      if (cut >= size) REQUIRE(run.told("problem") == "content it's a folder");
    }
  }
}
