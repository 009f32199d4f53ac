#include "runtime_folder.hpp"

#include "segue/os/environment.hpp"
#include "segue/os/random.hpp"
#include "segue/os/real_files.hpp"

namespace segue {
namespace {

constexpr size_t kLongestRoot = 40;
constexpr size_t kNameBytes = 6;

std::string root() {
  const auto folder = environment_variable("XDG_RUNTIME_DIR");
  const bool usable = folder && folder->starts_with('/') && folder->size() <= kLongestRoot;
  return usable && RealFiles().is_directory(*folder) ? *folder : "/tmp";
}

}  // namespace

Result<std::string> RuntimeFolder::path() {
  if (!path_.empty()) return path_;
  const std::string path = root() + "/segue-" + random_hex(kNameBytes);
  TRY(RealFiles().make_folder(path, 0700));
  path_ = path;
  return path_;
}

RuntimeFolder::~RuntimeFolder() {
  if (!path_.empty()) RealFiles().remove_folder(path_);
}

}  // namespace segue
