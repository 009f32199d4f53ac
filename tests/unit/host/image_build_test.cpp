// What a machine does that builds for another one: in real shells, with a small engine that tells
// what it was given.
#include "segue/host/image_build.hpp"

#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/base/tar.hpp"
#include "segue/base/text.hpp"
#include "segue/script/script.hpp"

#include <filesystem>
#include <fstream>

using namespace segue;

namespace {

namespace fs = std::filesystem;

constexpr const char* kEngine = R"sh(#!/bin/sh
here=${0%/*}
echo "$*" >>"$here/commands"
[ "$1" != --config ] || { cp "$2/config.json" "$here/seen"; shift 2; }
case $1 in
  build)
    printenv SEGUE_BUILD_SECRET_0 >"$here/secret"
    ls -l . >"$here/listing" 2>&1
    cat context/main 2>/dev/null
    [ ! -e "$here/fails" ] || { echo "no space left on device"; exit 7; }
    [ ! -e "$here/hangs" ] || { echo $$ >"$here/client"; exec sleep 60; }
    while [ $# -gt 0 ]; do [ "$1" != --iidfile ] || echo sha256:aa >"$2"; shift; done ;;
  push) echo "v1: digest: sha256:bb size: 1" ;;
  login) [ "$(cat)" = open-sesame ] || { echo "Error: 401 Unauthorized"; exit 1; } ;;
  context) echo unix:///run/other.sock ;;
  save) printf 'archive\0bytes'; [ "$3" != gone ] || { echo "no such image" >&2; exit 3; } ;;
esac
)sh";

class Place {
 public:
  Place() : root_(fs::temp_directory_path() / ("segue-builder-" + std::to_string(getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "tmp");
    std::ofstream(root_ / "engine") << kEngine;
    fs::permissions(root_ / "engine", fs::perms::owner_all);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { fs::remove_all(root_); }

  Engine engine(EngineKind kind = EngineKind::docker) const {
    return Engine((root_ / "engine").string(), kind);
  }
  fs::path path(const std::string& name) const { return root_ / name; }
  void put(const std::string& name) const { std::ofstream(root_ / name) << "x"; }
  std::string read(const std::string& name) const {
    std::ifstream file(root_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool is_tidy() const { return fs::is_empty(root_ / "tmp"); }

  // Everything that a machine has for temporary files is ours.
  std::string run(const std::string& shell, const Section& section, const std::string& data = {},
                  const std::string& end = {}) const {
    Script script;
    script.sections = {section};
    script.reads_data = !data.empty();
    static const Secret password("open-sesame");
    const auto value = [](const std::string&) -> const Secret& { return password; };
    const std::string text = script.render(std::string(32, 'a'), value);
    // Data is never sent before the script has begun: shells read ahead.
    const std::string command =
        data.empty() ? shell
                     : shell + " -c 'eval \"$(dd bs=1 count=" + std::to_string(text.size()) +
                           " 2>/dev/null)\"'";
    const std::string folder = path("tmp").string();
    return shell_output(
        "{ env XDG_RUNTIME_DIR=" + folder + " TMPDIR=" + folder + " " + command + end + "; }",
        text + data);
  }

 private:
  fs::path root_;
};

std::string context(bool complete = true) {
  std::string archive = tar_header({"context", 0755, 0, true}) +
                        tar_header({"context/main", 0644, 5, false}) + "text\n" + tar_padding(5);
  if (complete) archive += tar_header({"complete", 0644, 0, false}) + tar_end();
  return archive;
}

}  // namespace

TEST_CASE("a machine builds what it is sent, and keeps nothing but the image") {
  for (const std::string& shell : shells_here()) {
    CAPTURE(shell);
    const Place place;
    ImageBuild build;
    build.options = {"--tag", "shop-web:v1"};
    build.environment = {{"DOCKER_BUILDKIT", "1"}};
    build.secrets = {{"SEGUE_BUILD_SECRET_0", "TOKEN"}};
    const std::string said = place.run(shell, build_image(place.engine(), build), context());
    CAPTURE(said);
    CHECK(contains(said, "text\n"));
    CHECK(contains(said, "tell built sha256:aa"));
    CHECK(place.read("secret") == "open-sesame\n");
    CHECK(place.read("commands").starts_with("build --tag shop-web:v1 --iidfile "));
    CHECK_FALSE(contains(place.read("commands"), "open-sesame"));
    CHECK(place.is_tidy());
  }
}

TEST_CASE("a build that fails says how, and is tidied up after") {
  const Place place;
  place.put("fails");
  const std::string said = place.run("/bin/sh", build_image(place.engine(), {}), context());
  CHECK(contains(said, "no space left on device"));
  CHECK(contains(said, "tell failed 7"));
  CHECK_FALSE(contains(said, "tell built"));
  CHECK(place.is_tidy());
}

TEST_CASE("a context that was cut short is never built") {
  for (const std::string& shell : shells_here()) {
    CAPTURE(shell);
    const Place place;
    const std::string said = place.run(shell, build_image(place.engine(), {}), context(false));
    CHECK(contains(said, "tell problem builder-context"));
    CHECK(place.read("commands").empty());
    CHECK(place.is_tidy());
  }
}

TEST_CASE("a repository is built without a folder of ours in it") {
  const Place place;
  ImageBuild build;
  build.address = "https://example.com/shop.git#v1:web";
  build.dockerfile = "Dockerfile.release";
  CHECK(contains(place.run("/bin/sh", build_image(place.engine(), build)), "tell built sha256:aa"));
  CHECK(contains(place.read("commands"),
                 "--file Dockerfile.release -- https://example.com/shop.git#v1:web"));
}

// The reader of its output is gone: the next sign of life finds that out.
TEST_CASE("a build that nobody waits for any more ends, and what it was sent goes") {
  for (const std::string& shell : shells_here()) {
    CAPTURE(shell);
    const Place place;
    place.put("hangs");
    CHECK(place.run(shell, build_image(place.engine(), {}), context(), " | head -c 1 >/dev/null")
              .empty());
    const std::string client(trim(place.read("client")));
    REQUIRE_FALSE(client.empty());
    CHECK_FALSE(fs::exists("/proc/" + client));
    CHECK(place.is_tidy());
  }
}

TEST_CASE("what a killed build has left goes with the next one") {
  const Place place;
  fs::create_directories(place.path("tmp/segue-build.4194999/context"));
  fs::create_directories(place.path("tmp/segue-build." + std::to_string(getpid())));
  place.run("/bin/sh", build_image(place.engine(), {}), context());
  CHECK_FALSE(fs::exists(place.path("tmp/segue-build.4194999")));
  CHECK(fs::exists(place.path("tmp/segue-build." + std::to_string(getpid()))));
}

TEST_CASE("a push has credentials of its own, for as long as it takes") {
  for (const std::string& shell : shells_here()) {
    CAPTURE(shell);
    const Place place;
    const ImagePush push{"ghcr.io/acme/web:v1", RegistryLogin{"ghcr.io", "alice"}, Duration{9'000}};
    const std::string said = place.run(shell, push_image(place.engine(), push));
    CHECK(contains(said, "digest: sha256:bb"));
    CHECK(contains(place.read("seen"), "ghcr.io"));
    CHECK(contains(place.read("commands"), "push -- ghcr.io/acme/web:v1"));
    CHECK(place.is_tidy());
  }
}

TEST_CASE("the images of two architectures get one name, by the one who has pushed them") {
  const std::optional<RegistryLogin> login = RegistryLogin{"ghcr.io", "alice"};
  for (const std::string& shell : shells_here()) {
    CAPTURE(shell);
    const Place place;
    const ListCommands commands{{{"manifest", "create", "web:v1"}, {"manifest", "push", "web:v1"}},
                                {"manifest", "rm", "web:v1"}};
    const std::string said =
        place.run(shell, push_image_list(place.engine(), commands, login, Duration{9'000}));
    CHECK(contains(said, "done 0"));
    CHECK(contains(place.read("commands"),
                   "manifest create web:v1\nmanifest push web:v1\nmanifest rm web:v1\n"));
    CHECK(place.is_tidy());
  }
}

TEST_CASE("a login is tried where images are built") {
  const Place place;
  const RegistryLogin login{"ghcr.io", "alice"};
  const std::string said = place.run("/bin/sh", try_builder_login(place.engine(), login));
  CAPTURE(said);
  CHECK(contains(said, "done 0"));
  CHECK_FALSE(contains(said, "tell failed"));
  CHECK(contains(place.read("commands"), "login --username alice --password-stdin ghcr.io"));
  CHECK(place.is_tidy());
}

TEST_CASE("an image is saved as the bytes that it is, and a reason comes last") {
  const Place place;
  CHECK(shell_output("/bin/sh", save_image(place.engine(), "sha256:aa", "\n@mark ")) ==
        std::string("archive\0bytes", 13));
  CHECK(shell_output("/bin/sh", save_image(place.engine(), "gone", "\n@mark ")) ==
        std::string("archive\0bytes", 13) + "\n@mark no such image");
}

TEST_CASE("which engine a machine has is asked of its engines") {
  const Place place;
  fs::create_directories(place.path("bin"));
  const auto program = [&](const std::string& name, const std::string& body) {
    std::ofstream(place.path("bin/" + name)) << "#!/bin/sh\n" << body << "\n";
    fs::permissions(place.path("bin/" + name), fs::perms::owner_all);
  };
  const auto said = [&] {
    return place.run("PATH=" + place.path("bin").string() + ":$PATH /bin/sh",
                     find_builder({EngineKind::docker, EngineKind::podman}));
  };
  program("docker", "echo 'Cannot connect to the daemon' >&2; exit 1");
  program("podman", "echo arm64");
  CHECK(contains(said(), "tell no-builder docker Cannot connect to the daemon"));
  CHECK(contains(said(), "tell builder podman arm64 " + place.path("bin/podman").string()));
  program("docker", "echo amd64");
  CHECK(contains(said(), "tell builder docker amd64 " + place.path("bin/docker").string()));
}
