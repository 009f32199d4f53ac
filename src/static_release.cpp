#include "static_release.hpp"

// Exported by glibc for getent, declared in none of its installed headers.
extern "C" int __nss_configure_lookup(const char* database,  // NOLINT: the name is glibc's
                                      const char* services);

namespace segue {

void pin_name_services() {
  __nss_configure_lookup("hosts", "files dns");
  __nss_configure_lookup("passwd", "files");
}

}  // namespace segue
