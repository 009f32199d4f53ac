#include "segue/base/secret_name.hpp"

#include <algorithm>
#include <array>

namespace segue {

bool misleads_programs(std::string_view name) {
  // Shells refuse to assign some of them (UID, PPID, SHELLOPTS) and would end the script.
  constexpr auto kNames = std::to_array<std::string_view>({"PATH",
                                                           "HOME",
                                                           "TMPDIR",
                                                           "IFS",
                                                           "ENV",
                                                           "PS4",
                                                           "PWD",
                                                           "OLDPWD",
                                                           "CDPATH",
                                                           "UID",
                                                           "EUID",
                                                           "PPID",
                                                           "OPTIND",
                                                           "SHELL",
                                                           "SHELLOPTS",
                                                           "BASHOPTS",
                                                           "USER",
                                                           "LOGNAME",
                                                           "LANG",
                                                           "HTTP_PROXY",
                                                           "http_proxy",
                                                           "HTTPS_PROXY",
                                                           "https_proxy",
                                                           "NO_PROXY",
                                                           "no_proxy",
                                                           "ALL_PROXY",
                                                           "all_proxy",
                                                           "NOTIFY_SOCKET",
                                                           "LISTEN_FDS",
                                                           "LISTEN_PID",
                                                           "GODEBUG",
                                                           "GOGC",
                                                           "GOMAXPROCS",
                                                           "GOMEMLIMIT",
                                                           "GOTRACEBACK",
                                                           "TZ",
                                                           "TERM",
                                                           "SSL_CERT_DIR",
                                                           "SSL_CERT_FILE",
                                                           "REGISTRY_AUTH_FILE",
                                                           "STORAGE_DRIVER",
                                                           "STORAGE_OPTS"});
  constexpr auto kBeginnings = std::to_array<std::string_view>(
      {"LD_", "DOCKER_", "CONTAINERS_", "CONTAINER_", "_CONTAINERS_", "XDG_", "PODMAN_",
       "BUILDKIT_", "BUILDAH_", "BASH_", "DBUS_", "LC_", "MALLOC_"});
  return std::ranges::count(kNames, name) != 0 ||
         std::ranges::any_of(kBeginnings, [&](std::string_view b) { return name.starts_with(b); });
}

}  // namespace segue
