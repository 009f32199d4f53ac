// What the source of a project is called, when nobody names a version.
#pragma once
#include "segue/app/app.hpp"

#include <string>

namespace segue {

struct SourceVersion {
  std::string version;   // "0a1b2c3d4e5f", "0a1b2c3d4e5f-dirty", "20261121T041730Z"
  std::string revision;  // the whole commit; empty without git
  bool dirty = false;
};

// The git commit of the folder; what is not committed is said by `-dirty`. Without git, when
// something in the folder last changed.
Result<SourceVersion> source_version(App& app, const std::string& folder);

}  // namespace segue
