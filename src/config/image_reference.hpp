// The syntax of an image reference: [registry[:port]/]path[:tag][@sha256:digest].
//   parse_image_reference("ghcr.io/acme/web") -> {text "ghcr.io/acme/web:latest", untagged}
// An error (code usage) says which part is wrong; a reference never begins with `-`.
#pragma once
#include "segue/base/result.hpp"

#include <string>
#include <string_view>

namespace segue {

struct ImageReference {
  std::string text;  // with the tag that was filled in
  bool untagged = false;
};

Result<ImageReference> parse_image_reference(std::string_view text);

}  // namespace segue
