#include "private_folder.hpp"

#include "segue/os/environment.hpp"
#include "segue/os/random.hpp"

namespace segue {
namespace {

std::string temporary_root(Files& files) {
  for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    const auto folder = environment_variable(name);
    if (folder && folder->starts_with('/') && files.is_directory(*folder)) return *folder;
    if (std::string_view(name) == "XDG_RUNTIME_DIR" && files.is_directory("/dev/shm"))
      return "/dev/shm";
  }
  return "/tmp";
}

}  // namespace

Result<PrivateFolder> PrivateFolder::make(Files& files) {
  const std::string path = temporary_root(files) + "/segue-" + random_hex(8);
  TRY(files.make_folder(path, 0700));
  return PrivateFolder(files, path);
}

// Editors leave copies beside the file: all of it goes.
PrivateFolder::~PrivateFolder() {
  if (!path_.empty()) files_.remove_folder(path_);
}

}  // namespace segue
