// Images of releases that nobody goes back to any more: a section that removes them from a host,
// and what is kept of that. An identity that lets go of an image says so in `let-go.json`; who has
// records of the same image and has not let go of it, claims it. So whoever lets go last removes
// it.
//   let_go_of_images(layout, engine, {{"sha256:0a1b...", {"shop:v1"}}}, {facts.let_go, 42})
#pragma once
#include "segue/engine/engine.hpp"
#include "segue/host/layout.hpp"
#include "segue/script/section.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

inline constexpr const char* kLetGoFile = "let-go";  // in the identity's folder, with .json

struct LeavingImage {
  std::string id;
  std::vector<std::string> names;  // as references; one that has another name too stays
};

struct LetGoState {
  const std::map<std::string, int>& before;  // image id -> newest release then
  int sequence = 0;                          // of the newest release now
};

// Never fails. Tells for each image `image-removed ID`, `image-kept ID WHY`, `image-claimed ID
// IDENTITY...`, or `image-later ID PROJECT...` where another project's deploy may be about to use
// it; and `freed KIB` of the engine's disk when `measured` names its folder.
Section let_go_of_images(const Layout& layout, const Engine& engine,
                         const std::vector<LeavingImage>& images, const LetGoState& state,
                         const std::string& measured = {});

// What people should know of an image that was told to be kept: "the image 0a1b2c3d4e5f stays: ..."
std::string kept_image_text(const std::string& told);

// "sha256:0a1b2c3d4e5f..." -> "0a1b2c3d4e5f"
std::string short_image_id(const std::string& id);

std::map<std::string, int> parse_let_go(const std::string& json);  // empty when it can't be read

// Every way in which engines write a reference: "shop:1", "docker.io/library/shop:1", ...
std::vector<std::string> spellings(const std::string& reference);

// Defines `segue_look_for_others`, to be called once, and `segue_claimed ID`, which sets
// $segue_claims to " shop/staging ..." or nothing. Expects $segue_root, $segue_folder of the
// identity, and segue_highest.
std::string claims_text();

}  // namespace segue
