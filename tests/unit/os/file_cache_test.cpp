// Files that are kept up to a size.
#include "segue/os/file_cache.hpp"

#include "support/catch.hpp"

#include "segue/os/fd.hpp"
#include "segue/os/random.hpp"
#include "segue/os/real_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace segue;

namespace {

class Folder {
 public:
  Folder() { REQUIRE(files.make_folder(path, 0700)); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { files.remove_folder(path); }

  // One that was just made, of so many bytes.
  std::string file(size_t size) {
    std::string made = path + "/new";
    REQUIRE(files.write(made, std::string(size, 'x'), 0644));
    return made;
  }
  // As if it had last been used so long ago.
  void age(const std::string& name, time_t seconds) {
    struct timespec times[2] = {{::time(nullptr) - seconds, 0}, {::time(nullptr) - seconds, 0}};
    REQUIRE(::utimensat(AT_FDCWD, (path + "/kept/" + name).c_str(), times, 0) == 0);
  }

  RealFiles files;
  const std::string path = "/tmp/segue-cache-" + random_hex(8);
};

unsigned mode_of(const std::string& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("what was not used for the longest time leaves the cache first") {
  Folder folder;
  const FileCache cache(folder.path + "/kept", 250);
  CHECK_FALSE(cache.find("a"));
  for (const std::string name : {"a", "b"}) REQUIRE(cache.take_in(folder.file(100), name));
  folder.age("a", 100);
  folder.age("b", 50);
  CHECK(cache.find("a") == folder.path + "/kept/a");  // it is used now
  REQUIRE(cache.take_in(folder.file(100), "c"));
  CHECK(cache.find("a"));
  CHECK_FALSE(cache.find("b"));
  CHECK(cache.find("c"));
}

TEST_CASE("what is kept in the cache is its user's alone, and what is too long is not kept") {
  Folder folder;
  const FileCache cache(folder.path + "/kept", 250);
  REQUIRE(cache.take_in(folder.file(100), "a"));
  CHECK(mode_of(folder.path + "/kept") == 0700);
  CHECK(mode_of(folder.path + "/kept/a") == 0600);
  const std::string long_one = folder.file(251);
  REQUIRE(cache.take_in(long_one, "b"));
  CHECK(folder.files.exists(long_one));
  CHECK(cache.find("a"));
  CHECK_FALSE(cache.find("b"));
}

TEST_CASE("who reads a file of the cache keeps it when it leaves") {
  Folder folder;
  const FileCache cache(folder.path + "/kept", 150);
  REQUIRE(cache.take_in(folder.file(100), "a"));
  const Fd open(::open((folder.path + "/kept/a").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(cache.take_in(folder.file(80), "a"));  // another process has made it, too
  REQUIRE(cache.take_in(folder.file(120), "b"));
  CHECK_FALSE(cache.find("a"));
  CHECK(::lseek(open.get(), 0, SEEK_END) == 100);
  CHECK(cache.clear() == 120);
  CHECK(cache.clear() == 0);
  cache.drop("b");
  CHECK_FALSE(cache.find("b"));
}
