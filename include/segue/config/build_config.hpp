// How an image is made of the project's own source, and what was made. Plain data.
//   web: {build: {context: ., target: release}}
#pragma once
#include "segue/base/source_span.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

struct BuiltImage {
  std::string id;  // "sha256:..."
  unsigned long long size = 0;
  std::string digest{};  // by which the registry has it, "sha256:..."; empty: it was not pushed
};

struct BuildConfig {
  std::string context = ".";  // below the project's folder, or the address of a git repository
  std::string dockerfile;     // in the context, else in the project; empty: the engine's own
  std::string target;         // stage to stop at; empty: the last one
  std::map<std::string, std::string> args;  // the shared ones included
  std::vector<std::string> secrets;         // names: for single steps, never in the image
  SourceSpan at;

  // "https://example.com/shop.git#v1:web": the engine fetches it.
  bool is_address() const {
    return context.find("://") != std::string::npos || context.starts_with("git@");
  }

  // "shop-web", as the service's containers are called; "ghcr.io/acme/shop-web" with a registry.
  std::string repository{};
  std::string image(const std::string& version) const { return repository + ":" + version; }

  // What came of it, by architecture (amd64), filled in by who builds or looks for it where images
  // are built.
  std::map<std::string, BuiltImage> images{};
  const BuiltImage* image_for(const std::string& architecture) const {
    const auto found = images.find(architecture);
    return found == images.end() ? nullptr : &found->second;
  }

  // What hosts are to pull.
  std::string pinned(const BuiltImage& image) const { return repository + "@" + image.digest; }
};

}  // namespace segue
