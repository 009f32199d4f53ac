#include "support/catch.hpp"

#include "segue/os/random.hpp"
#include "segue/os/real_files.hpp"

#include <unistd.h>

#include <filesystem>

using namespace segue;

namespace {
struct Folder {
  std::string path = std::filesystem::temp_directory_path() / ("segue-test-" + random_hex(8));
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};
}  // namespace

TEST_CASE("A file that was written is read back whole, with the mode that was asked for") {
  const Folder folder;
  RealFiles files;
  const std::string path = folder.path + "/lock";
  const std::string bytes = std::string("one\0two\n", 8) + std::string(200'000, 'x');
  REQUIRE(files.write(path, bytes, 0664));
  REQUIRE(files.read(path, 1 << 20).value() == bytes);
  REQUIRE(files.mode(path).value() == 0664);
  REQUIRE(files.owner(path).value() == ::getuid());

  SECTION("Writing again replaces it and leaves nothing else in the folder") {
    REQUIRE(files.write(path, "new", 0600));
    REQUIRE(files.read(path, 100).value() == "new");
    REQUIRE(files.mode(path).value() == 0600);
    REQUIRE(files.list(folder.path).value() == std::vector<std::string>{"lock"});
  }
  SECTION("Appending keeps what is there") {
    REQUIRE(files.write(path, "one\n", 0600));
    REQUIRE(files.append(path, "two\n", 0600));
    REQUIRE(files.read(path, 100).value() == "one\ntwo\n");
  }
  SECTION("A file longer than the limit is an error that says so") {
    const auto text = files.read(path, 1000);
    REQUIRE_FALSE(text);
    REQUIRE(text.error().what == path + " is longer than 1000 bytes");
  }
}

TEST_CASE("A write that cannot happen says why and leaves the old file and no debris") {
  const Folder folder;
  RealFiles files;
  std::filesystem::create_directory(folder.path + "/taken");
  const auto written = files.write(folder.path + "/taken", "x", 0600);
  REQUIRE_FALSE(written);
  REQUIRE(written.error().what == "cannot write " + folder.path + "/taken: Is a directory");
  REQUIRE(files.list(folder.path).value() == std::vector<std::string>{"taken"});
  REQUIRE_FALSE(files.write(folder.path + "/absent/file", "x", 0600));
}

TEST_CASE("Folders are made with their parents, and a missing file is an error") {
  const Folder folder;
  RealFiles files;
  REQUIRE(files.make_directories(folder.path + "/a/b/c", 0700));
  REQUIRE(files.make_directories(folder.path + "/a/b/c", 0700));
  REQUIRE(files.is_directory(folder.path + "/a/b/c"));
  REQUIRE_FALSE(files.exists(folder.path + "/a/x"));
  REQUIRE(files.read(folder.path + "/a/x", 10).error().what ==
          "cannot read " + folder.path + "/a/x: No such file or directory");
  REQUIRE(files.write(folder.path + "/a/x", "", 0600));
  REQUIRE(files.remove(folder.path + "/a/x"));
  REQUIRE_FALSE(files.remove(folder.path + "/a/x"));
}
