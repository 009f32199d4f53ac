// The files of a project on this machine, which nothing may lead out of: neither `..` nor a link,
// not even one that is put there while we look. Links within the project are followed.
//   TRY_ASSIGN(const ProjectFolder project, ProjectFolder::open(folder));
//   TRY_ASSIGN(const auto entries, project.entries("templates"));
//   TRY_ASSIGN(const Fd file, project.open_file("templates/index.html"));
// Errors are of code usage and name the path as deploy.yml does.
#pragma once
#include "segue/base/result.hpp"
#include "segue/os/fd.hpp"

#include <memory>
#include <string>
#include <vector>

namespace segue {

struct LocalEntry {
  std::string path;  // below the folder that was asked for; empty: that itself
  bool is_folder = false;
  bool is_executable = false;  // by its owner
  unsigned long long size = 0;
};

class ProjectFolder {
 public:
  static Result<ProjectFolder> open(const std::string& path);

  // The file or folder at that path, and all that is below it: a folder before what is in it, else
  // by name. Nothing but files and folders: links stand for what they lead to.
  Result<std::vector<LocalEntry>> entries(const std::string& path) const;

  // Whether that path, which has to be there, is a folder.
  Result<bool> is_folder(const std::string& path) const;

  Result<Fd> open_file(const std::string& path) const;

 private:
  ProjectFolder(Fd folder, std::string path)
      : folder_(std::make_shared<const Fd>(std::move(folder))), path_(std::move(path)) {}

  std::shared_ptr<const Fd> folder_;
  std::string path_;  // absolute, without links
};

}  // namespace segue
