// The files that say what a project is, read only where nobody else can have put them (rules F1,
// F2): links lead nowhere out of the project, and what lies in a folder above belongs to us or
// root.
//   TRY(check_found_file(app, {"deploy.yml", "/srv/shop", false}));
#pragma once
#include "segue/app/app.hpp"

#include <string>

namespace segue {

struct FoundFile {
  std::string file;
  std::string folder;  // of the project
  bool above = false;  // found in a folder above the one in which segue runs
};

// Of a deploy.yml that nobody named with -c.
Result<> check_found_file(App& app, const FoundFile& found);

// What another file of the project extends.
Result<std::string> read_project_file(App& app, const FoundFile& project, const std::string& file);

constexpr size_t kLongestProjectFile = 1 << 20;

}  // namespace segue
