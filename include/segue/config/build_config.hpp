// How an image is made of the project's own source, and what was made. Plain data.
//   web: {build: {context: ., target: release}}
#pragma once
#include "segue/base/source_span.hpp"
#include "segue/model/identity.hpp"

#include <map>
#include <string>

namespace segue {

struct BuildConfig {
  std::string context = ".";  // below the project's folder
  std::string dockerfile;     // in the context, else in the project; empty: the engine's own
  std::string target;         // stage to stop at; empty: the last one
  std::map<std::string, std::string> args;  // the shared ones included
  SourceSpan at;

  // Of what this machine's engine has, filled in by who builds or looks for it there.
  std::string image_id{};      // empty: it has none; "sha256:..."
  std::string architecture{};  // amd64
  unsigned long long size = 0;
};

// "shop-web:v1": named as the service's containers are.
std::string built_image(const Identity& identity, const std::string& service,
                        const std::string& version);

}  // namespace segue
