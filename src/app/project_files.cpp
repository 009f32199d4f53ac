#include "project_files.hpp"

#include "segue/os/environment.hpp"
#include "segue/os/real_path.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// A deploy.yml that somebody else put into a folder above must not steer us.
Result<> check_owner(App& app, const std::string& file) {
  TRY_ASSIGN(const unsigned owner, app.files.owner(file));
  TRY_ASSIGN(const unsigned entry_owner, owner_of_entry(file));
  const auto trusted = [](unsigned user) { return user == current_user_id() || user == 0; };
  if (trusted(owner) && trusted(entry_owner)) return {};
  return fail(Code::usage, fmt::format("{} belongs to another user", file),
              "if you trust it, name it: segue -c " + file);
}

}  // namespace

Result<> check_found_file(App& app, const FoundFile& found) {
  if (found.above) TRY(check_owner(app, found.file));
  if (is_inside(found.folder, found.file)) return {};
  return fail(Code::usage, fmt::format("{} is a link that leads out of the project", found.file),
              "if you trust it, name it: segue -c " + found.file);
}

Result<std::string> read_project_file(App& app, const FoundFile& project, const std::string& file) {
  if (!app.files.exists(file))
    return fail(Code::usage, fmt::format("there is no {}", file),
                "a path is relative to the folder of the file that extends it");
  if (!is_inside(project.folder, file))
    return fail(Code::usage, fmt::format("{} leads out of the project", file),
                "a file can extend only what lies in the project's folder");
  if (project.above) TRY(check_owner(app, file));
  return app.files.read(file, kLongestProjectFile);
}

}  // namespace segue
