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
      healthcheck;                  // of the image: {"CMD-SHELL", "..."}, {"CMD", ...}, or empty
  std::vector<std::string> tags{};  // "shop:v1"; Podman writes names in full
  long long size = 0;               // bytes, layers that it shares with others included
  std::string created{};            // UTC, ISO 8601
  bool present() const { return !id.empty(); }
};

}  // namespace segue
