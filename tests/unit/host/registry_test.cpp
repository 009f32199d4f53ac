// How a host pulls: in real shells, with a small engine that tells what it was given.
#include "segue/host/registry.hpp"

#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/base/text.hpp"
#include "segue/host/problem.hpp"
#include "segue/script/script.hpp"

#include <filesystem>
#include <fstream>

using namespace segue;

namespace {

namespace fs = std::filesystem;

// Its registry takes one password, and hangs where a file says so.
constexpr const char* kEngine = R"sh(#!/bin/sh
here=${0%/*}
config=
[ "$1" != --config ] || { config=$2/config.json; shift 2; }
[ "$2" != --authfile ] || { config=$3; verb=$1; shift 3; set -- "$verb" "$@"; }
echo "$*" >>"$here/commands"
case $1 in
  pull)
    [ ! -e "$here/hangs" ] || exec sleep 30
    [ -z "$config" ] || { ls -l "$config" | cut -c 1-10 >"$here/mode"; cp "$config" "$here/seen"; }
    [ ! -e "$here/refuses" ] || { echo "Error response from daemon: unauthorized"; exit 1; } ;;
  login) [ "$(cat)" = open-sesame ] || { echo "Error: 401 Unauthorized"; exit 1; } ;;
  image)
    [ "$2" != inspect ] || [ ! -e "$here/lacks" ] || exit 1
    echo '{"id":"sha256:aa"}' ;;
esac
)sh";

class Place {
 public:
  Place() : root_(fs::temp_directory_path() / ("segue-registry-" + std::to_string(getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    std::ofstream(root_ / "engine") << kEngine;
    fs::permissions(root_ / "engine", fs::perms::owner_all);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { fs::remove_all(root_); }

  Engine engine(EngineKind kind = EngineKind::docker) const {
    return Engine((root_ / "engine").string(), kind);
  }
  Layout layout() const { return {root_.string(), {"shop", ""}}; }
  void put(const std::string& name) const { std::ofstream(root_ / name) << "x"; }
  std::string read(const std::string& name) const {
    std::ifstream file(root_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool has_credentials() const {
    for (const auto& entry : fs::directory_iterator(layout().folder()))
      if (entry.path().filename().string().starts_with("credentials")) return true;
    return false;
  }

  std::string run(const std::string& shell, Section section,
                  const std::string& password = "open-sesame") const {
    Script script;
    script.sections = {std::move(section)};
    const Secret secret(password);
    const Secret credentials("YWxpY2U6b3Blbi1zZXNhbWU=");
    return shell_output(shell, script.render("0123", [&](const std::string& name) -> const Secret& {
      return name == kRegistryPassword ? secret : credentials;
    }));
  }

 private:
  fs::path root_;
};

const RegistryLogin kLogin{"ghcr.io", "alice"};

ImagePull pull_of(const std::string& reference, std::optional<RegistryLogin> login) {
  return {reference, "ghcr.io/acme/web:v1", "image-missing", std::move(login), Duration{60'000}};
}

}  // namespace

TEST_CASE("an image is pulled with credentials that are there only meanwhile") {
  for (const std::string& shell : shells_here()) {
    for (const EngineKind kind : {EngineKind::docker, EngineKind::podman}) {
      CAPTURE(shell, to_string(kind));
      const Place place;
      const std::string output =
          place.run(shell, pull_image(place.layout(), place.engine(kind),
                                      pull_of("ghcr.io/acme/web@sha256:ab", kLogin)));
      CHECK(contains(output, "tell pulled ghcr.io/acme/web:v1 {\"id\":\"sha256:aa\"}"));
      CHECK(contains(output, "done 0"));
      CHECK(place.read("seen") == R"({"auths":{"ghcr.io":{"auth":"YWxpY2U6b3Blbi1zZXNhbWU="}}})");
      CHECK(place.read("mode") == "-rw-------\n");
      CHECK(contains(place.read("commands"), "tag ghcr.io/acme/web@sha256:ab ghcr.io/acme/web:v1"));
      CHECK_FALSE(place.has_credentials());
    }
  }
}

TEST_CASE("of a registry that is lent nothing is left but the image, if it is the one") {
  for (const EngineKind kind : {EngineKind::docker, EngineKind::podman}) {
    CAPTURE(to_string(kind));
    const Place place;
    ImagePull pull{"127.0.0.1:40001/shop-web:sha256-ab",      "shop-web:v1",    "image-missing",
                   RegistryLogin{"127.0.0.1:40001", "segue"}, Duration{60'000}, "sha256:aa"};
    const auto section = [&] { return pull_image(place.layout(), place.engine(kind), pull); };
    CHECK(contains(place.run("/bin/sh", section()), "done 0"));
    const std::string said = place.read("commands");
    CHECK(contains(said, "tag sha256:aa shop-web:v1\nimage rm -- " + pull.reference));
    CHECK(contains(said, "--tls-verify=false") == (kind == EngineKind::podman));
    CHECK_FALSE(place.has_credentials());
    place.put("lacks");
    const std::string output = place.run("/bin/sh", section());
    CHECK(contains(output, "tell problem image-differs shop-web:v1"));
    CHECK_FALSE(contains(output, "tell pulled"));
    CHECK(place.read("commands").ends_with("image rm -- " + pull.reference + "\n"));
  }
}

TEST_CASE("what the registry says is told, and the credentials go nevertheless") {
  const Place place;
  place.put("refuses");
  const std::string output =
      place.run("/bin/sh",
                pull_image(place.layout(), place.engine(), pull_of("ghcr.io/acme/web:v1", kLogin)));
  CHECK(contains(output, "tell problem image-missing ghcr.io/acme/web:v1 Error response"));
  CHECK_FALSE(place.has_credentials());
  const Error error =
      problem_error("image-missing", "ghcr.io/acme/web:v1 Error response from daemon: unauthorized",
                    EngineKind::docker);
  CHECK(
      error.what ==
      "the image ghcr.io/acme/web:v1 is not on this host and can't be pulled: ghcr.io refuses the "
      "credentials: unauthorized");
  CHECK(contains(error.hint, "segue registry login; or "));
  CHECK(contains(error.hint, "docker pull IMAGE"));
}

TEST_CASE("a registry that hangs is waited for no longer than its time") {
  for (const std::string& shell : shells_here()) {
    CAPTURE(shell);
    const Place place;
    place.put("hangs");
    ImagePull pull = pull_of("ghcr.io/acme/web:v1", kLogin);
    pull.timeout = Duration{1'000};
    const std::string output = place.run(shell, pull_image(place.layout(), place.engine(), pull));
    CHECK(contains(output, "tell problem image-missing ghcr.io/acme/web:v1"));
    CHECK(contains(output, "it took longer than 1s"));
    CHECK_FALSE(place.has_credentials());
  }
}

TEST_CASE("an image of another registry is pulled with what the host knows itself") {
  const Place place;
  place.run("/bin/sh", pull_image(place.layout(), place.engine(),
                                  pull_of("ghcr.io/acme/web:v1", std::nullopt)));
  CHECK(contains(place.read("commands"), "pull -q -- ghcr.io/acme/web:v1"));
  CHECK(place.read("seen").empty());
}

TEST_CASE("a login is tried by the standard input, and nothing of it is left") {
  for (const std::string& shell : shells_here()) {
    CAPTURE(shell);
    const Place place;
    CHECK(contains(place.run(shell, try_login(place.layout(), place.engine(), kLogin)),
                   "tell login ghcr.io"));
    CHECK(contains(place.read("commands"), "login --username alice --password-stdin ghcr.io"));
    CHECK(contains(place.run(shell, try_login(place.layout(), place.engine(), kLogin), "wrong"),
                   "tell problem registry ghcr.io Error: 401 Unauthorized"));
    CHECK_FALSE(place.has_credentials());
  }
}

TEST_CASE("what a killed command has left of its credentials is forgotten") {
  const Place place;
  const fs::path left = fs::path(place.layout().folder()) / "credentials.99999999";
  fs::create_directories(left);
  place.run("/bin/sh", forget_credentials(place.layout()));
  CHECK_FALSE(place.has_credentials());
}
