#include "segue/os/real_path.hpp"

#include "segue/os/fd.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace segue {

Result<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> followed(::realpath(path.c_str(), nullptr), &::free);
  if (followed) return std::string(followed.get());
  return fail(Code::failed, fmt::format("cannot find {}: {}", path, errno_text(errno)));
}

bool is_inside(const std::string& folder, const std::string& path) {
  const auto outer = real_path(folder);
  const auto inner = real_path(path);
  if (!outer || !inner) return false;
  return *outer == "/" || inner->starts_with(*outer + "/");
}

Result<unsigned> owner_of_entry(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) return static_cast<unsigned>(status.st_uid);
  return fail(Code::failed, fmt::format("cannot look at {}: {}", path, errno_text(errno)));
}

}  // namespace segue
