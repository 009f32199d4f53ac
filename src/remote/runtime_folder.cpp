#include "runtime_folder.hpp"

#include "limits.hpp"

#include "segue/os/environment.hpp"
#include "segue/os/random.hpp"
#include "segue/os/real_files.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

namespace segue {
namespace {

constexpr size_t kLongestRoot = 40;
constexpr size_t kNameBytes = 6;
constexpr std::string_view kPrefix = "segue-";
constexpr std::string_view kConfig = "config";
constexpr int kMostNames = 5;

std::string root() {
  const auto folder = environment_variable("XDG_RUNTIME_DIR");
  const bool usable = folder && folder->starts_with('/') && folder->size() <= kLongestRoot;
  return usable && RealFiles().is_directory(*folder) ? *folder : "/tmp";
}

bool is_hex(std::string_view text, size_t length) {
  return text.size() == length &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Others may have a folder whose name begins as ours do.
bool is_runtime_folder(std::string_view name) {
  return name.starts_with(kPrefix) && is_hex(name.substr(kPrefix.size()), 2 * kNameBytes);
}

// "a1b2c3d4.key0", "a1b2c3d4.log", "config1": what we put there, but for the sockets.
bool is_leftover(std::string_view name) {
  if (name.starts_with(kConfig))
    return name.find_first_not_of("0123456789", kConfig.size()) == std::string_view::npos;
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || !is_hex(name.substr(0, dot), 2 * kSocketNameBytes))
    return false;
  return name.substr(dot).starts_with(".key") || name.substr(dot) == ".log";
}

// A folder that another run holds, or another user has, is left alone.
void remove_leftovers(const std::string& root) {
  RealFiles files;
  for (const std::string& name : files.list(root).value_or(std::vector<std::string>())) {
    if (!is_runtime_folder(name)) continue;
    const std::string folder = root + "/" + name;
    const Fd held = hold_folder(folder);
    if (!held) continue;
    size_t left = 0;
    for (const std::string& file : files.list(folder).value_or(std::vector<std::string>()))
      if (!is_leftover(file) || !files.remove(folder + "/" + file)) ++left;
    if (left == 0) files.remove_folder(folder);
  }
}

}  // namespace

Result<std::string> RuntimeFolder::path() {
  if (!path_.empty()) return path_;
  const std::string in = root();
  remove_leftovers(in);
  for (int i = 0; i < kMostNames; ++i) {
    const std::string path = fmt::format("{}/{}{}", in, kPrefix, random_hex(kNameBytes));
    TRY(RealFiles().make_folder(path, 0700));
    held_ = hold_folder(path);
    if (!held_) continue;  // another run has just taken it for a leftover
    path_ = path;
    return path_;
  }
  return fail(Code::failed, "cannot hold a folder in " + in);
}

RuntimeFolder::~RuntimeFolder() {
  if (!path_.empty()) RealFiles().remove_folder(path_);
}

}  // namespace segue
