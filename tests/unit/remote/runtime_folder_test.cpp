#include "../src/remote/runtime_folder.hpp"

#include "support/catch.hpp"

#include "segue/os/environment.hpp"
#include "segue/os/random.hpp"
#include "segue/os/real_files.hpp"

#include <stdlib.h>

#include <optional>

using namespace segue;

namespace {

// A folder of its own in the place of XDG_RUNTIME_DIR.
struct Root {
  std::string path = "/tmp/run-" + random_hex(4);
  std::optional<std::string> before = environment_variable("XDG_RUNTIME_DIR");

  Root() {
    REQUIRE(RealFiles().make_folder(path, 0700));
    ::setenv("XDG_RUNTIME_DIR", path.c_str(), 1);
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root() {
    RealFiles().remove_folder(path);
    if (before)
      ::setenv("XDG_RUNTIME_DIR", before->c_str(), 1);
    else
      ::unsetenv("XDG_RUNTIME_DIR");
  }

  void leave(const std::string& folder, const std::vector<std::string>& names) const {
    REQUIRE(RealFiles().make_folder(path + "/" + folder, 0700));
    for (const std::string& name : names)
      REQUIRE(RealFiles().write(path + "/" + folder + "/" + name, "text", 0600));
  }
  bool has(const std::string& name) const { return RealFiles().exists(path + "/" + name); }
};

}  // namespace

TEST_CASE("What a run that was killed has left is removed by the next one") {
  const Root root;
  root.leave("segue-0123456789ab", {"a1b2c3d4.key0", "a1b2c3d4.log", "config1"});
  // Its connection goes on for a while.
  root.leave("segue-ba9876543210", {"a1b2c3d4", "a1b2c3d4.key0.9f.new"});
  RuntimeFolder folder;
  REQUIRE(folder.path());
  CHECK_FALSE(root.has("segue-0123456789ab"));
  CHECK_FALSE(root.has("segue-ba9876543210/a1b2c3d4.key0.9f.new"));
  CHECK(root.has("segue-ba9876543210/a1b2c3d4"));
}

TEST_CASE("What is not ours stays, whatever it is called") {
  const Root root;
  root.leave("segue-of-mine", {"a1b2c3d4.key0", "a1b2c3d4.log"});
  root.leave("another", {"a1b2c3d4.key0"});
  root.leave("segue-0123456789ab", {"notes.log", "my.key0"});
  RuntimeFolder folder;
  REQUIRE(folder.path());
  CHECK(root.has("segue-of-mine/a1b2c3d4.key0"));
  CHECK(root.has("segue-of-mine/a1b2c3d4.log"));
  CHECK(root.has("another/a1b2c3d4.key0"));
  CHECK(root.has("segue-0123456789ab/notes.log"));
  CHECK(root.has("segue-0123456789ab/my.key0"));
}

TEST_CASE("What belongs to a run that lives stays") {
  const Root root;
  RuntimeFolder first;
  const std::string path = first.path().value();
  REQUIRE(RealFiles().write(path + "/a1b2c3d4.key0", "text", 0600));
  {
    RuntimeFolder second;
    REQUIRE(second.path().value() != path);
  }
  CHECK(RealFiles().exists(path + "/a1b2c3d4.key0"));
}
