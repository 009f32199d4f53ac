// What a host's engine says of one image.
#pragma once
#include <string>
#include <vector>

namespace segue {

struct ImageFacts {
  std::string reference;             // as asked for
  std::string id;                    // "sha256:..."; empty: not on this host
  std::vector<std::string> digests;  // "name@sha256:..." for each registry it came from
  std::string architecture;
  std::vector<std::string>
      healthcheck;  // of the image: {"CMD-SHELL", "..."}, {"CMD", ...}, or empty
  bool present() const { return !id.empty(); }
};

}  // namespace segue
