#include "segue/os/environment.hpp"

#include "segue/base/text.hpp"
#include "segue/os/real_files.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <vector>

namespace segue {
namespace {

constexpr size_t kSmallFile = size_t{64} * 1024;

std::string first_line_of(const std::string& path) {
  const Result<std::string> text = RealFiles().read(path, kSmallFile);
  if (!text) return {};
  return std::string(trim(std::string_view(*text).substr(0, text->find('\n'))));
}

struct Account {
  std::string name;
  std::string home;
};

Account account_of_user() {
  std::array<char, 16'384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return {};
  return {found->pw_name, found->pw_dir};
}

}  // namespace

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::string home_folder() {
  const std::optional<std::string> home = environment_variable("HOME");
  if (home && !home->empty()) return *home;
  return account_of_user().home;
}

std::string account_home() {
  const std::string home = account_of_user().home;
  return home.empty() ? home_folder() : home;
}

std::string user_name() {
  const std::string name = account_of_user().name;
  return name.empty() ? environment_variable("USER").value_or("") : name;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

std::string working_folder() {
  std::array<char, PATH_MAX> path{};
  return ::getcwd(path.data(), path.size()) == nullptr ? std::string() : std::string(path.data());
}

std::string expand_home(std::string_view path) {
  if (path == "~" || path.starts_with("~/")) return home_folder() + std::string(path.substr(1));
  return std::string(path);
}

std::string machine_id() {
  return first_line_of("/etc/machine-id");
}
std::string boot_id() {
  return first_line_of("/proc/sys/kernel/random/boot_id");
}

std::string pid_namespace() {
  std::array<char, 64> target{};
  const ssize_t length = ::readlink("/proc/self/ns/pid", target.data(), target.size());
  return length < 0 ? std::string() : std::string(target.data(), static_cast<size_t>(length));
}

unsigned current_user_id() {
  return static_cast<unsigned>(::getuid());
}
int64_t current_process_id() {
  return ::getpid();
}

std::optional<uint64_t> process_start_time(int64_t process_id) {
  // The second field is the program's name, in brackets, and may itself hold blanks and brackets.
  const std::string line = first_line_of("/proc/" + std::to_string(process_id) + "/stat");
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const std::vector<std::string> fields = split_words(std::string_view(line).substr(name_end + 1));
  constexpr size_t kStartTime = 19;  // field 22 of proc(5), counted from the one after the name
  if (fields.size() <= kStartTime) return std::nullopt;
  uint64_t ticks = 0;
  const std::string& text = fields[kStartTime];
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), ticks);
  if (parsed.ec != std::errc()) return std::nullopt;
  return ticks;
}

}  // namespace segue
