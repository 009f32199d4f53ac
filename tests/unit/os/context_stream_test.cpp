#include "segue/os/context_stream.hpp"

#include "support/catch.hpp"

#include "segue/os/process.hpp"
#include "segue/os/random.hpp"

#include <filesystem>
#include <fstream>

using namespace segue;
namespace fs = std::filesystem;

namespace {

class Place {
 public:
  Place() : folder_(fs::temp_directory_path() / ("segue-context-" + random_hex(6))) {
    fs::create_directories(folder_ / "app");
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { fs::remove_all(folder_); }

  std::string app() const { return folder_ / "app"; }
  fs::path path(const std::string& name) const { return folder_ / "app" / name; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(path(name).parent_path());
    std::ofstream(path(name)) << text;
  }

  // What tar(1) makes of it, and then what the command says of that.
  std::string unpacked(const std::string& archive, const std::string& command) const {
    ProcessRequest request;
    request.argv = {"sh", "-c", "mkdir out && tar -xpf - -C out && cd out && " + command};
    request.folder = folder_;
    request.stdin_data = archive;
    const auto result = run_process(request);
    REQUIRE(result);
    return result->output + result->error_output;
  }

 private:
  fs::path folder_;
};

std::string archive_of(ContextStream stream, size_t piece = 700) {
  std::string all;
  for (std::string next = stream.next(piece); !next.empty(); next = stream.next(piece)) all += next;
  return all;
}

ContextStream open(const Place& place, const std::string& rules = {}) {
  return ContextStream::open(place.app(), IgnoreRules(rules)).value();
}

}  // namespace

TEST_CASE("a context arrives with its modes and its links as links") {
  const Place place;
  const std::string name(120, 'n');
  place.write("run", "#!/bin/sh\n");
  fs::permissions(place.path("run"), fs::perms{0751});
  place.write("deep/" + name, std::string(5000, 'x'));
  place.write("empty", "");
  fs::create_symlink("/nowhere/" + name, place.path("broken"));
  ContextStream stream = open(place);
  stream.add_file("Dockerfile", "FROM scratch\n");
  CHECK(place.unpacked(
            archive_of(std::move(stream)),
            "stat -c %a context/run; cat context/deep/n* | wc -c; readlink context/broken; "
            "ls -d empty context/empty complete 2>/dev/null; cat Dockerfile") ==
        "751\n5000\n/nowhere/" + name + "\ncomplete\ncontext/empty\nFROM scratch\n");
}

TEST_CASE("what the rules leave out never leaves this machine") {
  const Place place;
  place.write(".env", "TOKEN=tr4ceable\n");
  place.write("node_modules/a/index.js", "a");
  place.write("docs/README.md", "r");
  place.write("docs/notes.md", "n");
  CHECK(place.unpacked(archive_of(open(place, ".env\nnode_modules\ndocs\n!docs/README.md\n")),
                       "find context -type f") == "context/docs/README.md\n");
}

TEST_CASE("a file that became shorter ends the archive before its last entry") {
  const Place place;
  place.write("a", std::string(3000, 'a'));
  ContextStream stream = open(place);
  fs::resize_file(place.path("a"), 10);
  const std::string archive = archive_of(std::move(stream));
  CHECK(archive.find("complete") == std::string::npos);
}

TEST_CASE("what can't be read is named") {
  const auto opened = ContextStream::open("/nonexistent/context", IgnoreRules());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().what.find("/nonexistent/context") != std::string::npos);
}
