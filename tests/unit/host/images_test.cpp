// How a host lets go of images: in real shells, with a small engine that writes down what it did.
#include "segue/host/images.hpp"

#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/base/text.hpp"
#include "segue/script/script.hpp"

#include <filesystem>
#include <fstream>

using namespace segue;

namespace {

namespace fs = std::filesystem;

// Each image is a file with its names; `refuses` makes the engine say no.
constexpr const char* kEngine = R"sh(#!/bin/sh
cd "${0%/*}/images" || exit 1
case "$1 $2" in
  "image inspect") [ -e "$6" ] || { echo "Error: No such image: $6" >&2; exit 1; }; cat "$6" ;;
  "ps -aq") cat ../users 2>/dev/null || : ;;
  "image rm")
    [ ! -e ../refuses ] || { echo "conflict: a container is using it" >&2; exit 1; }
    shift 3; echo "$@" >>../removed ;;
esac
)sh";

class Place {
 public:
  Place() : root_(fs::temp_directory_path() / ("segue-images-" + std::to_string(getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "images");
    fs::create_directories(root_ / "projects/shop/_/releases");
    write("engine", kEngine);
    fs::permissions(root_ / "engine", fs::perms::owner_all);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { fs::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  std::string read(const std::string& file) const {
    std::ifstream in(root_ / file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // A release of an identity, as "blog/_", which has this image.
  void record(const std::string& identity, int number, const std::string& id) {
    write("projects/" + identity + "/releases/" + std::to_string(number) + "-v-aa11.json",
          "{\"services\":[{\"image_id\":\"" + id + "\"}]}\n");
  }

  // The lines that are told.
  std::string let_go(const std::string& shell, const std::vector<LeavingImage>& images,
                     const std::map<std::string, int>& before = {}) {
    Script script;
    script.sections = {
        let_go_of_images({root_, {"shop", ""}}, Engine(root_ / "engine"), images, {before, 9})};
    std::string told;
    for (const std::string& line : split_lines(shell_output(shell, script.render("n", {}))))
      if (line.starts_with("@n tell ")) told += line.substr(8) + "\n";
    return told;
  }

 private:
  fs::path root_;
};

}  // namespace

TEST_CASE("an image goes by its id, or by all its names, and what it was is written down") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    Place place;
    place.write("images/sha256:1", "shop:v1\n");
    place.write("images/sha256:2", "shop:v2 shop:latest\n");
    place.write("images/sha256:3", "\n");
    CHECK(place.let_go(shell, {{"sha256:1", {"shop:v1"}},
                               {"sha256:2", {"shop:v2", "shop:latest"}},
                               {"sha256:3", {"shop:v3"}},
                               {"sha256:4", {}}}) ==
          "image-removed sha256:1\nimage-removed sha256:2\nimage-removed sha256:3\n");
    CHECK(place.read("removed") == "sha256:1\nshop:v2 shop:latest\nsha256:3\n");
    const auto kept = parse_let_go(place.read("projects/shop/_/let-go.json"));
    CHECK(kept == std::map<std::string, int>{
                      {"sha256:1", 9}, {"sha256:2", 9}, {"sha256:3", 9}, {"sha256:4", 9}});
    place.let_go(shell, {{"sha256:1", {}}}, {{"sha256:1", 3}, {"sha256:7", 4}});
    CHECK(parse_let_go(place.read("projects/shop/_/let-go.json")) ==
          std::map<std::string, int>{{"sha256:1", 9}, {"sha256:7", 4}});
  }
}

TEST_CASE("an image that others have stays, and the last who lets go removes it") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    Place place;
    place.write("images/sha256:1", "shop:v1\n");
    place.record("shop/_", 1, "sha256:1");
    place.record("shop/staging", 4, "sha256:1");
    place.record("shop/staging", 12, "sha256:1");
    place.record("blog/_", 3, "sha256:2");
    const std::vector<LeavingImage> old{{"sha256:1", {"shop:v1"}}};
    CHECK(place.let_go(shell, old) == "image-claimed sha256:1 shop/staging\n");
    place.write("projects/shop/staging/let-go.json", "{\"sha256:1\":11}\n");
    CHECK(place.let_go(shell, old) == "image-claimed sha256:1 shop/staging\n");
    CHECK(place.read("removed").empty());
    place.write("projects/shop/staging/let-go.json", "{\"sha256:9\":1,\"sha256:1\":12}\n");
    CHECK(place.let_go(shell, old) == "image-removed sha256:1\n");
  }
}

TEST_CASE("while another project deploys nothing is removed, and it is tried again") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    Place place;
    place.write("images/sha256:1", "shop:v1\n");
    place.write("projects/shop/lock/2", "our own\n");
    place.write("projects/blog/lock/7", "{}\n");
    const std::vector<LeavingImage> old{{"sha256:1", {"shop:v1"}}};
    CHECK(place.let_go(shell, old) == "image-later sha256:1 blog\n");
    CHECK(place.read("projects/shop/_/let-go.json").empty());
    place.write("projects/blog/lock/7.released", "");
    CHECK(place.let_go(shell, old) == "image-removed sha256:1\n");
  }
}

TEST_CASE("a name of somebody else keeps an image, and so does a container or the engine") {
  for (const std::string& shell : shells_here()) {
    INFO(shell);
    Place place;
    place.write("images/sha256:1", "shop:v1 mine:keep\n");
    place.write("images/sha256:2", "shop:v2 shop:latest\n");
    place.write("images/sha256:3", "shop:v3\n");
    CHECK(place.let_go(shell, {{"sha256:1", {"shop:v1"}}}) ==
          "image-kept sha256:1 it has the name mine:keep, which no release has\n");
    place.write("users", "0a1b2c\n");
    CHECK(place.let_go(shell, {{"sha256:2", {"shop:v2", "shop:latest"}}}) ==
          "image-kept sha256:2 a container uses it: 0a1b2c\n");
    place.write("refuses", "");
    CHECK(place.let_go(shell, {{"sha256:3", {"shop:v3"}}}) ==
          "image-kept sha256:3 conflict: a container is using it\n");
    CHECK(place.read("removed").empty());
  }
}
